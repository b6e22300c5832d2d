//! Which fields messages have.

use foldhash::HashMap;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// An integer of any size.
    Int,
    /// A truth value.
    Bool,
    /// A float of four bytes.
    Float,
    /// A float of eight bytes.
    Double,
    /// Text.
    Text,
    /// Bytes: in JSON, in base 64.
    Bytes,
    /// A number that has a name.
    Enum(&'s str),
    /// A message.
    Message(&'s str),
    /// A map: the kinds of its keys and values.
    Map(&'s str, &'s str),
}

/// A field of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'s> {
    /// Its number.
    pub number: u32,
    /// What it holds.
    pub kind: Kind<'s>,
    /// Whether its elements follow each other in one piece.
    pub packed: bool,
}

/// What a message is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form<'s> {
    /// A message of the schema.
    Message(&'s str, &'s HashMap<&'static str, Field<'static>>),
    /// An entry of a map.
    Entry(Kind<'s>, Kind<'s>),
}

impl<'s> Form<'s> {
    /// The name of the message.
    pub fn name(&self) -> &'s str {
        match self {
            Self::Message(name, _) => name,
            Self::Entry(..) => "entry",
        }
    }

    /// The field called `name`, or as JSON calls it: `tensorContent` is `tensor_content`.
    pub fn field(&self, name: &str) -> Option<Field<'s>> {
        match self {
            Self::Message(_, fields) => fields.get(name).or_else(|| fields.get(&*snake(name))).copied(),
            Self::Entry(kind, _) if name == "key" => Some(Field { number: 1, kind: *kind, packed: false }),
            Self::Entry(_, kind) if name == "value" => Some(Field { number: 2, kind: *kind, packed: false }),
            Self::Entry(..) => None,
        }
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for char in name.chars() {
        if char.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(char.to_ascii_lowercase());
    }
    snake
}

/// The messages of a format, by the names of their fields.
#[derive(Debug, Default)]
pub struct Schema {
    messages: HashMap<&'static str, HashMap<&'static str, Field<'static>>>,
    enumerations: HashMap<&'static str, HashMap<&'static str, u64>>,
}

impl Schema {
    /// The schema that `table` states: a line for each message, `NodeDef: name=1:string attr=5:map<string,AttrValue>`, or enumeration,
    /// `DataType= DT_FLOAT=1`. The kinds are `int`, `bool`, `float`, `double`, `string`, `bytes`, names of messages and enumerations, and maps;
    /// `*` marks those that are packed. A line that is indented continues the one before; `#` begins a comment.
    pub fn new(table: &'static str) -> Self {
        let mut schema = Self::default();
        let lines = || table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let head = |line: &'static str| line.split_whitespace().next().filter(|_| !line.starts_with(' '));
        for name in lines().filter_map(head) {
            if let Some(name) = name.strip_suffix('=') {
                schema.enumerations.insert(name, HashMap::default());
            }
        }
        let mut current = "";
        for line in lines() {
            let mut words = line.split_whitespace();
            if !line.starts_with(' ') {
                current = words.next().unwrap_or_default();
            }
            for word in words {
                let Some((name, rest)) = word.split_once('=') else { continue };
                if let Some(members) = current.strip_suffix('=').and_then(|name| schema.enumerations.get_mut(name)) {
                    members.extend(rest.parse().map(|number| (name, number)));
                } else if let (Some(message), Some((number, kind))) = (current.strip_suffix(':'), rest.split_once(':'))
                {
                    let packed = kind.starts_with('*');
                    let kind = schema.kind(kind.trim_start_matches('*'));
                    let field = Field { number: number.parse().unwrap_or(0), kind, packed };
                    schema.messages.entry(message).or_default().insert(name, field);
                }
            }
        }
        schema
    }

    fn kind<'k>(&self, name: &'k str) -> Kind<'k> {
        match name {
            "int" => Kind::Int,
            "bool" => Kind::Bool,
            "float" => Kind::Float,
            "double" => Kind::Double,
            "string" => Kind::Text,
            "bytes" => Kind::Bytes,
            name if self.enumerations.contains_key(name) => Kind::Enum(name),
            name => match name.strip_prefix("map<").and_then(|inner| inner.strip_suffix('>')?.split_once(',')) {
                Some((key, value)) => Kind::Map(key, value),
                None => Kind::Message(name),
            },
        }
    }

    /// The message called `name`.
    pub(super) fn form(&self, name: &str) -> Option<Form<'_>> {
        self.messages.get_key_value(name).map(|(name, fields)| Form::Message(name, fields))
    }

    /// What a field of `kind` holds, if that is a message.
    pub(super) fn inner(&self, kind: &Kind<'_>) -> Option<Form<'_>> {
        match kind {
            Kind::Message(name) => self.form(name),
            Kind::Map(key, value) => Some(Form::Entry(self.owned(key), self.owned(value))),
            _ => None,
        }
    }

    /// The kind called `name`, for as long as the schema is there.
    fn owned(&self, name: &str) -> Kind<'_> {
        match self.kind(name) {
            Kind::Message(name) => {
                self.messages.get_key_value(name).map_or(Kind::Bytes, |(name, _)| Kind::Message(name))
            }
            Kind::Enum(name) => self.enumerations.get_key_value(name).map_or(Kind::Int, |(name, _)| Kind::Enum(name)),
            Kind::Int => Kind::Int,
            Kind::Bool => Kind::Bool,
            Kind::Float => Kind::Float,
            Kind::Double => Kind::Double,
            Kind::Text => Kind::Text,
            Kind::Bytes | Kind::Map(..) => Kind::Bytes,
        }
    }

    /// The number of `member` in an enumeration.
    pub(super) fn number(&self, enumeration: &str, member: &str) -> Option<u64> {
        self.enumerations.get(enumeration)?.get(member).copied()
    }
}

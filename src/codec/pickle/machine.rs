//! The machine that runs pickles on symbols.

use super::decode::{self, Whole};
use super::{
    Argument, Bytes, COMPUTED, Call, CallId, Import, Instance, Instruction, Instructions, Object, ObjectId, Opcode,
    Pickle,
};
use crate::model::Text;
use crate::report::{Error, Result};
use crate::source::{Limits, Slice, Span};
use foldhash::HashMap;

/// The highest protocol that is known.
const PROTOCOL: i64 = 5;
/// The most characters of the description of a name.
const DESCRIBED: usize = 200;
/// Old texts (`BINSTRING`) that are longer are taken for bytes, and not read.
const OLD_TEXT: u64 = 64 << 10;

impl Pickle {
    /// Runs the stream that begins at the cursor of `slice`, up to its `STOP`. The offsets of the result count from the start of the file.
    ///
    /// There is always a result; where the stream is at fault, [`Pickle::fault`] says so.
    pub fn read(slice: Slice, limits: &Limits) -> Self {
        let start = slice.position();
        let mut machine = Machine {
            instructions: Instructions::new(slice, limits.text),
            limits: *limits,
            pickle: Self::default(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::default(),
            buffers: 0,
            singles: [None; 4],
        };
        let end = match machine.run() {
            Ok(root) => {
                machine.pickle.root = Some(root);
                machine.instructions.position()
            }
            Err(error) => {
                let at = error.at.unwrap_or(start);
                machine.pickle.fault = Some(error);
                machine.salvage();
                at
            }
        };
        machine.pickle.span = Span { at: start, len: end.saturating_sub(start) };
        machine.pickle
    }
}

struct Machine {
    instructions: Instructions,
    limits: Limits,
    pickle: Pickle,
    stack: Vec<ObjectId>,
    /// The heights of the stack at its marks. What is below the topmost is out of reach.
    marks: Vec<usize>,
    memo: HashMap<u64, ObjectId>,
    /// How many buffers were taken from outside.
    buffers: u64,
    /// `None`, `True`, `False`, `()`: one of each is enough.
    singles: [Option<ObjectId>; 4],
}

impl Machine {
    /// Runs up to `STOP`; gives what is on top of the stack then.
    fn run(&mut self) -> Result<ObjectId> {
        loop {
            let instruction = self.instructions.read()?;
            if instruction.opcode == Opcode::Stop {
                return self.pop().map_err(|error| error.at(instruction.at).within(instruction.opcode.name()));
            }
            self.step(&instruction).map_err(|error| error.at(instruction.at).within(instruction.opcode.name()))?;
        }
    }

    fn step(&mut self, instruction: &Instruction) -> Result<()> {
        let at = instruction.at;
        match instruction.opcode {
            Opcode::Proto => self.protocol(int(instruction)),
            Opcode::Frame | Opcode::Stop | Opcode::ReadonlyBuffer => Ok(()),
            Opcode::Mark => self.mark(),
            // At a mark, POP takes the mark.
            Opcode::Pop if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop().map(drop).ok_or_else(underflow)
            }
            Opcode::Pop => self.pop().map(drop),
            Opcode::PopMark => self.pop_mark().map(drop),
            Opcode::Dup => {
                let top = self.top()?;
                self.place(top)
            }
            Opcode::Put | Opcode::BinPut | Opcode::LongBinPut | Opcode::Memoize => self.put(instruction),
            Opcode::Get | Opcode::BinGet | Opcode::LongBinGet => self.get(instruction),
            Opcode::Global | Opcode::StackGlobal | Opcode::Ext1 | Opcode::Ext2 | Opcode::Ext4 => {
                self.global(instruction)
            }
            Opcode::Reduce | Opcode::NewObj | Opcode::NewObjEx | Opcode::Inst | Opcode::Obj => self.call(instruction),
            Opcode::Build => self.build(at),
            Opcode::PersId | Opcode::BinPersId => self.persistent(instruction),
            Opcode::Append | Opcode::Appends | Opcode::AddItems => self.append(instruction),
            Opcode::SetItem | Opcode::SetItems => self.set(instruction),
            _ => {
                let object = self.data(instruction)?;
                self.push(object).map(drop)
            }
        }
    }

    /// The data that an instruction makes.
    fn data(&mut self, instruction: &Instruction) -> Result<Object> {
        Ok(match instruction.opcode {
            Opcode::None => Object::None,
            Opcode::NewTrue => Object::Bool(true),
            Opcode::NewFalse => Object::Bool(false),
            Opcode::BinInt | Opcode::BinInt1 | Opcode::BinInt2 => Object::Int(int(instruction)),
            Opcode::Int => match &*self.bytes(instruction)? {
                b"00" => Object::Bool(false),
                b"01" => Object::Bool(true),
                digits => whole(decode::digits(digits)?),
            },
            Opcode::Long => {
                let line = self.bytes(instruction)?;
                whole(decode::digits(line.strip_suffix(b"L").unwrap_or(&line))?)
            }
            Opcode::Long1 | Opcode::Long4 if span(instruction).len > decode::LONGEST => {
                Object::Long(format!("a number of {} bytes", span(instruction).len).into())
            }
            Opcode::Long1 | Opcode::Long4 => whole(decode::whole(&self.bytes(instruction)?)),
            Opcode::Float => {
                let line = self.bytes(instruction)?;
                let text = str::from_utf8(line.trim_ascii()).ok();
                Object::Float(
                    text.and_then(|text| text.parse().ok()).ok_or_else(|| Error::malformed("this is no float"))?,
                )
            }
            Opcode::BinFloat => match instruction.argument {
                Argument::Float(value) => Object::Float(value),
                _ => Object::None,
            },
            Opcode::String => old_text(decode::quoted(&self.bytes(instruction)?)?),
            Opcode::BinString | Opcode::ShortBinString if span(instruction).len > OLD_TEXT => {
                Object::Bytes(Bytes::Range(span(instruction)))
            }
            Opcode::BinString | Opcode::ShortBinString => match decode::old_text(self.bytes(instruction)?) {
                Ok(text) => Object::Text(text.into()),
                Err(_) => Object::Bytes(Bytes::Range(span(instruction))),
            },
            Opcode::Unicode => Object::Text(decode::raw_unicode(&self.bytes(instruction)?)?.into()),
            Opcode::BinUnicode | Opcode::ShortBinUnicode | Opcode::BinUnicode8 => {
                Object::Text(String::from_utf8_lossy(&self.bytes(instruction)?).into())
            }
            Opcode::BinBytes | Opcode::ShortBinBytes | Opcode::BinBytes8 => {
                Object::Bytes(Bytes::Range(span(instruction)))
            }
            Opcode::ByteArray8 => Object::ByteArray(Bytes::Range(span(instruction))),
            Opcode::NextBuffer => {
                self.buffers += 1;
                Object::Buffer(self.buffers - 1)
            }
            Opcode::EmptyTuple => Object::Tuple(Vec::new()),
            Opcode::EmptyList => Object::List(Vec::new()),
            Opcode::EmptyDict => Object::Dict(Vec::new()),
            Opcode::EmptySet => Object::Set(Vec::new()),
            Opcode::Tuple1 => Object::Tuple(vec![self.pop()?]),
            Opcode::Tuple2 => {
                let (b, a) = (self.pop()?, self.pop()?);
                Object::Tuple(vec![a, b])
            }
            Opcode::Tuple3 => {
                let (c, b, a) = (self.pop()?, self.pop()?, self.pop()?);
                Object::Tuple(vec![a, b, c])
            }
            Opcode::Tuple => Object::Tuple(self.pop_mark()?),
            Opcode::List => Object::List(self.pop_mark()?),
            Opcode::FrozenSet => Object::FrozenSet(self.pop_mark()?),
            Opcode::Dict => Object::Dict(pairs(&self.pop_mark()?)?),
            opcode => return Err(Error::unsupported(format!("{} makes no data", opcode.name()))),
        })
    }

    fn protocol(&mut self, protocol: i64) -> Result<()> {
        if protocol > PROTOCOL {
            return Err(Error::unsupported(format!("protocol {protocol}; {PROTOCOL} is the highest that is known")));
        }
        self.pickle.protocol = self.pickle.protocol.max(protocol as u8);
        Ok(())
    }

    fn put(&mut self, instruction: &Instruction) -> Result<()> {
        let index = match instruction.opcode {
            Opcode::Memoize => self.memo.len() as u64,
            _ => self.index(instruction)?,
        };
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(())
    }

    fn get(&mut self, instruction: &Instruction) -> Result<()> {
        let index = self.index(instruction)?;
        let known = self.memo.get(&index).copied();
        self.place(known.ok_or_else(|| Error::malformed(format!("nothing was put aside as {index}")))?)
    }

    /// The position in the memo that an instruction names.
    fn index(&self, instruction: &Instruction) -> Result<u64> {
        let index = match instruction.argument {
            Argument::Int(index) => Some(index),
            _ => match decode::digits(&self.bytes(instruction)?)? {
                Whole::Int(index) => Some(index),
                Whole::Long(_) => None,
            },
        };
        let index = index.and_then(|index| u64::try_from(index).ok());
        index.ok_or_else(|| Error::malformed("this is no place to put something aside"))
    }

    fn global(&mut self, instruction: &Instruction) -> Result<()> {
        let (module, name): (Text, Text) = match (instruction.opcode, instruction.argument) {
            (Opcode::StackGlobal, _) => {
                let (name, module) = (self.pop()?, self.pop()?);
                (self.name(module)?, self.name(name)?)
            }
            (_, Argument::Int(code)) => ("copyreg".into(), format!("extension {code}").into()),
            _ => self.names(instruction)?,
        };
        self.import(instruction, module, name).map(drop)
    }

    /// The name that `id` is. What a call returns may be a text as well: then that is described.
    fn name(&self, id: ObjectId) -> Result<Text> {
        match self.pickle.object(id) {
            Object::Text(text) => Ok(text.clone()),
            // Old texts that are no UTF-8 are bytes here, and may be texts elsewhere.
            Object::Instance(_) | Object::Global(_) | Object::Persistent(_) | Object::Bytes(_) => {
                Ok(format!("{COMPUTED}{}>", self.pickle.describe(id, DESCRIBED)).into())
            }
            _ => Err(Error::malformed("the names of what is to be imported are no text")),
        }
    }

    /// The two lines of an instruction.
    fn names(&self, instruction: &Instruction) -> Result<(Text, Text)> {
        let Argument::Lines(module, name) = instruction.argument else { return Ok(("".into(), "".into())) };
        let text = |span| Ok::<Text, Error>(String::from_utf8_lossy(&self.read(span)?).into());
        Ok((text(module)?, text(name)?))
    }

    fn import(&mut self, instruction: &Instruction, module: Text, name: Text) -> Result<ObjectId> {
        let import = Import { at: instruction.at, opcode: instruction.opcode, module, name };
        let import = self.pickle.imports.push(import);
        self.push(Object::Global(import))
    }

    fn call(&mut self, instruction: &Instruction) -> Result<()> {
        let mut keywords = None;
        let (callable, arguments) = match instruction.opcode {
            Opcode::Inst => {
                let arguments = self.pop_mark()?;
                let (module, name) = self.names(instruction)?;
                let callable = self.import(instruction, module, name)?;
                self.pop()?;
                (callable, self.add(Object::Tuple(arguments))?)
            }
            Opcode::Obj => {
                let all = self.pop_mark()?;
                let (callable, arguments) = all.split_first().ok_or_else(underflow)?;
                (*callable, self.add(Object::Tuple(arguments.to_vec()))?)
            }
            Opcode::NewObjEx => {
                keywords = Some(self.pop()?);
                let arguments = self.pop()?;
                (self.pop()?, arguments)
            }
            _ => {
                let arguments = self.pop()?;
                (self.pop()?, arguments)
            }
        };
        let call = CallId(u32::try_from(self.pickle.calls.len()).unwrap_or(u32::MAX));
        let instance = Instance { call, states: Vec::new(), items: Vec::new(), entries: Vec::new() };
        let result = self.push(Object::Instance(Box::new(instance)))?;
        let call = Call { at: instruction.at, opcode: instruction.opcode, callable, arguments, keywords, result };
        self.pickle.calls.push(call);
        Ok(())
    }

    fn build(&mut self, at: u64) -> Result<()> {
        let state = self.pop()?;
        let object = self.top()?;
        if let Some(Object::Instance(instance)) = self.pickle.objects.get_mut(object) {
            instance.states.push(state);
        }
        let call =
            Call { at, opcode: Opcode::Build, callable: object, arguments: state, keywords: None, result: object };
        self.pickle.calls.push(call);
        Ok(())
    }

    fn persistent(&mut self, instruction: &Instruction) -> Result<()> {
        let name = match instruction.opcode {
            Opcode::BinPersId => self.pop()?,
            _ => {
                let line = self.bytes(instruction)?;
                self.add(Object::Text(String::from_utf8_lossy(&line).into()))?
            }
        };
        self.push(Object::Persistent(name)).map(drop)
    }

    fn append(&mut self, instruction: &Instruction) -> Result<()> {
        let items = if instruction.opcode == Opcode::Append { vec![self.pop()?] } else { self.pop_mark()? };
        let target = self.top()?;
        match self.pickle.objects.get_mut(target) {
            Some(Object::List(list) | Object::Set(list)) => list.extend(items),
            Some(Object::Instance(instance)) => instance.items.extend(items),
            Some(Object::Global(_) | Object::Persistent(_)) => {
                let arguments = self.add(Object::List(items))?;
                self.change(instruction, target, arguments);
            }
            Some(Object::ByteArray(_) | Object::Buffer(_)) => {}
            // Where there is nothing to append, nobody looks at what it would be appended to.
            _ if items.is_empty() => {}
            _ => return Err(Error::malformed("nothing can be appended to what is on the stack")),
        }
        Ok(())
    }

    fn set(&mut self, instruction: &Instruction) -> Result<()> {
        let entries = if instruction.opcode == Opcode::SetItem {
            let value = self.pop()?;
            vec![(self.pop()?, value)]
        } else {
            pairs(&self.pop_mark()?)?
        };
        let target = self.top()?;
        if matches!(self.pickle.object(target), Object::Global(_) | Object::Persistent(_)) {
            let arguments = self.add(Object::Dict(entries))?;
            self.change(instruction, target, arguments);
            return Ok(());
        }
        self.set_entries(target, entries)
    }

    /// Notes that something which is looked up, or outside, is changed by one of its methods.
    fn change(&mut self, instruction: &Instruction, target: ObjectId, arguments: ObjectId) {
        let (at, opcode) = (instruction.at, instruction.opcode);
        self.pickle.calls.push(Call { at, opcode, callable: target, arguments, keywords: None, result: target });
    }

    fn set_entries(&mut self, target: ObjectId, entries: Vec<(ObjectId, ObjectId)>) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let numbers: Vec<Option<i64>> = entries.iter().map(|(key, _)| self.pickle.int(*key)).collect();
        match self.pickle.objects.get_mut(target) {
            Some(Object::Dict(dict)) => dict.extend(entries),
            Some(Object::Instance(instance)) => instance.entries.extend(entries),
            Some(Object::List(list)) => {
                // What was done to the list by calls is not known, so a place that it does not have is no fault.
                for (number, (_, value)) in numbers.into_iter().zip(entries) {
                    let place = number.and_then(|number| match usize::try_from(number) {
                        Ok(place) => Some(place),
                        Err(_) => list.len().checked_sub(usize::try_from(number.unsigned_abs()).ok()?),
                    });
                    if let Some(place) = place.and_then(|place| list.get_mut(place)) {
                        *place = value;
                    }
                }
            }
            Some(Object::Global(_) | Object::Persistent(_) | Object::ByteArray(_) | Object::Buffer(_)) => {}
            _ => return Err(Error::malformed("nothing can be set in what is on the stack")),
        }
        Ok(())
    }

    /// Adds `object`; of those that cannot be told apart, one is kept.
    fn add(&mut self, object: Object) -> Result<ObjectId> {
        let single = match &object {
            Object::None => Some(0),
            Object::Bool(true) => Some(1),
            Object::Bool(false) => Some(2),
            Object::Tuple(items) if items.is_empty() => Some(3),
            _ => None,
        };
        if let Some(known) = single.and_then(|single: usize| *self.singles.get(single)?) {
            return Ok(known);
        }
        if self.pickle.objects.len() as u64 >= self.limits.count {
            return Err(Error::limit(format!("more than {} objects", self.limits.count)));
        }
        let id = self.pickle.objects.push(object);
        if let Some(place) = single.and_then(|single| self.singles.get_mut(single)) {
            *place = Some(id);
        }
        Ok(id)
    }

    fn push(&mut self, object: Object) -> Result<ObjectId> {
        let id = self.add(object)?;
        self.place(id)?;
        Ok(id)
    }

    /// Puts an object that is known on the stack.
    fn place(&mut self, id: ObjectId) -> Result<()> {
        if self.stack.len() as u64 >= self.limits.count {
            return Err(Error::limit(format!("more than {} objects on the stack", self.limits.count)));
        }
        self.stack.push(id);
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        if self.marks.len() as u64 >= self.limits.count {
            return Err(Error::limit(format!("more than {} marks on the stack", self.limits.count)));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Below this, nothing can be taken from the stack.
    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<ObjectId> {
        if self.stack.len() <= self.fence() {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    fn top(&self) -> Result<ObjectId> {
        self.stack.last().copied().filter(|_| self.stack.len() > self.fence()).ok_or_else(underflow)
    }

    /// What is above the topmost mark, which goes too.
    fn pop_mark(&mut self) -> Result<Vec<ObjectId>> {
        let mark = self.marks.pop().ok_or_else(|| Error::malformed("there is no mark on the stack"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// The bytes of the argument.
    fn bytes(&self, instruction: &Instruction) -> Result<Vec<u8>> {
        self.read(span(instruction))
    }

    fn read(&self, span: Span) -> Result<Vec<u8>> {
        if span.len > self.limits.text {
            return Err(Error::limit(format!("a text of {} bytes, the limit is {}", span.len, self.limits.text)));
        }
        self.instructions.slice().bytes_at(span.at, span.len)
    }

    /// After a fault: puts what is waiting above each mark into the container below it, where it would have gone.
    fn salvage(&mut self) {
        while !self.marks.is_empty() {
            let Ok(mut waiting) = self.pop_mark() else { break };
            let Ok(target) = self.top() else {
                self.stack.append(&mut waiting);
                continue;
            };
            match self.pickle.objects.get_mut(target) {
                Some(Object::List(list)) => list.append(&mut waiting),
                _ => {
                    waiting.truncate(waiting.len() / 2 * 2);
                    // What fits nowhere is lost, as the fault would have it.
                    let _ = pairs(&waiting).and_then(|pairs| self.set_entries(target, pairs));
                }
            }
        }
        self.pickle.root = self.stack.first().copied();
    }
}

fn underflow() -> Error {
    Error::malformed("the stack is empty")
}

fn int(instruction: &Instruction) -> i64 {
    if let Argument::Int(value) = instruction.argument { value } else { 0 }
}

fn span(instruction: &Instruction) -> Span {
    if let Argument::Bytes(span) = instruction.argument { span } else { Span::default() }
}

fn whole(number: Whole) -> Object {
    match number {
        Whole::Int(value) => Object::Int(value),
        Whole::Long(digits) => Object::Long(digits.into()),
    }
}

fn old_text(bytes: Vec<u8>) -> Object {
    decode::old_text(bytes).map_or_else(Object::Bytes, |text| Object::Text(text.into()))
}

/// Keys and values that follow each other.
fn pairs(items: &[ObjectId]) -> Result<Vec<(ObjectId, ObjectId)>> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Error::malformed("a key without its value"));
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

//! Text to tokens.

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Token<'a> {
    /// The offset of its first character.
    pub at: u32,
    /// The offset after its last character.
    pub end: u32,
    /// What it is.
    pub kind: Lexeme<'a>,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq)]
pub enum Lexeme<'a> {
    /// A name or keyword.
    Name(&'a str),
    /// A number, as it is spelt.
    Number(&'a str),
    /// A text, decoded.
    Text(String),
    /// An operator or delimiter.
    Sign(&'static str),
    /// The end of a line.
    Newline,
    /// A block begins.
    Indent,
    /// A block ends.
    Dedent,
    /// The end of the file.
    End,
    /// What is none of these.
    Odd(&'static str),
}

/// The operators and delimiters, the longer ones first.
const SIGNS: &[&str] = &[
    "...", "**=", "//=", ">>=", "<<=", "->", "**", "//", "<<", ">>", "<=", ">=", "==", "!=", ":=", "+=", "-=", "*=",
    "/=", "%=", "&=", "|=", "^=", "@=", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "@", "=", "+", "-", "*", "/",
    "%", "&", "|", "^", "~", "<", ">",
];

/// The tokens of `text`. The last one is the end.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), indents: vec![0], brackets: 0 };
    while lexer.at < text.len() {
        lexer.line();
    }
    lexer.add(text.len(), Lexeme::Newline);
    for _ in 1..lexer.indents.len() {
        lexer.add(text.len(), Lexeme::Dedent);
    }
    lexer.add(text.len(), Lexeme::End);
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
    /// The indentations of the blocks around, outermost first.
    indents: Vec<usize>,
    /// How many brackets are open.
    brackets: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Adds the token from `from` up to the cursor.
    fn add(&mut self, from: usize, kind: Lexeme<'a>) {
        self.tokens.push(Token { at: from as u32, end: self.at as u32, kind });
    }

    /// Reads a line.
    fn line(&mut self) {
        let rest = self.rest();
        let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let content = rest.get(indent..).unwrap_or_default();
        if content.is_empty() || content.starts_with(['\n', '\r', '#']) {
            let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
            self.at += line;
            return;
        }
        // A definition never stands in brackets: one before it was not closed.
        if self.brackets > 0 && (content.starts_with("def ") || content.starts_with("class ")) {
            self.brackets = 0;
            self.add(self.at, Lexeme::Newline);
        }
        self.at += indent;
        if self.brackets == 0 {
            self.indent(indent);
        }
        while self.token() {}
    }

    fn indent(&mut self, indent: usize) {
        let last = self.indents.last().copied().unwrap_or(0);
        if indent > last {
            self.indents.push(indent);
            self.add(self.at, Lexeme::Indent);
        }
        while self.indents.last().is_some_and(|last| indent < *last) {
            self.indents.pop();
            self.add(self.at, Lexeme::Dedent);
        }
    }

    /// Reads a token; whether the line goes on.
    fn token(&mut self) -> bool {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
        self.at += blank;
        let rest = self.rest();
        let from = self.at;
        let Some(first) = rest.chars().next() else { return false };
        match first {
            '\n' => {
                if self.brackets == 0 {
                    self.add(from, Lexeme::Newline);
                }
                self.at += 1;
                return false;
            }
            '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
            '\\' if rest.starts_with("\\\n") => self.at += 2,
            '"' | '\'' => self.quoted(first),
            '0'..='9' => self.number(),
            '.' if rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit) => self.number(),
            _ if first == '_' || first.is_alphabetic() => {
                let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
                self.at += end;
                self.add(from, Lexeme::Name(rest.get(..end).unwrap_or_default()));
            }
            _ => self.sign(first),
        }
        true
    }

    fn sign(&mut self, first: char) {
        let (from, rest) = (self.at, self.rest());
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            self.at += first.len_utf8();
            return self.add(from, Lexeme::Odd("a character that has no place here"));
        };
        self.at += sign.len();
        match *sign {
            "(" | "[" | "{" => self.brackets += 1,
            ")" | "]" | "}" => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.add(from, Lexeme::Sign(sign));
    }

    fn number(&mut self) {
        let (from, rest) = (self.at, self.rest());
        let hex = rest.starts_with("0x");
        let mut before = ' ';
        let end = rest.find(|c: char| {
            let exponent = matches!(before, 'e' | 'E') && !hex;
            before = c;
            !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || exponent && matches!(c, '+' | '-'))
        });
        let end = end.unwrap_or(rest.len());
        self.at += end;
        self.add(from, Lexeme::Number(rest.get(..end).unwrap_or_default()));
    }

    /// A text in quotes, with the escapes that C and Python have in common.
    fn quoted(&mut self, quote: char) {
        let (from, rest) = (self.at, self.rest());
        let mut bytes = Vec::new();
        let mut chars = rest.char_indices().skip(1).peekable();
        let closed = loop {
            let Some((at, c)) = chars.next() else { break None };
            match c {
                '\n' => break None,
                _ if c == quote => break Some(at + 1),
                '\\' => {
                    let Some((_, escaped)) = chars.next() else { break None };
                    let code = match escaped {
                        'n' => b'\n',
                        't' => b'\t',
                        'r' => b'\r',
                        'a' => 7,
                        'b' => 8,
                        'f' => 12,
                        'v' => 11,
                        '0'..='7' => {
                            let mut code = escaped as u32 - 48;
                            for _ in 0..2 {
                                let Some((_, digit @ '0'..='7')) = chars.peek().copied() else { break };
                                code = code * 8 + (digit as u32 - 48);
                                chars.next();
                            }
                            code as u8
                        }
                        'x' => {
                            let mut code = 0;
                            for _ in 0..2 {
                                let Some(digit) = chars.peek().and_then(|(_, c)| c.to_digit(16)) else { break };
                                code = code * 16 + digit;
                                chars.next();
                            }
                            code as u8
                        }
                        other => {
                            bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                            continue;
                        }
                    };
                    bytes.push(code);
                }
                _ => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        };
        match closed {
            Some(end) => {
                self.at += end;
                self.add(from, Lexeme::Text(String::from_utf8_lossy(&bytes).into_owned()));
            }
            None => {
                self.at += rest.find('\n').unwrap_or(rest.len());
                self.add(from, Lexeme::Odd("a text without its closing quote"));
            }
        }
    }
}

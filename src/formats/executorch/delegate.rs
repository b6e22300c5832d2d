//! Parts of a program that are compiled for a delegate: calls of it.

use super::absent;
use super::plan::{Draft, Program};
use super::value::Value;
use super::xnnpack::{self, Place};
use crate::codec::flatbuffer::Table;
use crate::formats::Open;
use crate::model::{Argument, Category, DType, Data, Encoding, Entry, Literal, Node, Tensor};
use crate::report::Result;
use crate::source::Span;

/// The longest setting that is shown, in bytes.
const SETTING: u64 = 200;

impl Program {
    /// A call of delegate number `delegate`. What it writes is not stated: it is what nothing has written before.
    ///
    /// # Errors
    /// When its tables cannot be read; what is wrong with what was compiled is reported.
    pub fn delegate(
        &mut self,
        delegate: usize,
        arguments: &[usize],
        draft: &mut Draft,
        open: &mut Open,
    ) -> Result<Node> {
        let table = draft.delegates.get(delegate).cloned().ok_or_else(|| absent("delegate", delegate))?;
        let mut node = Node {
            operator: self.strings.intern(&table.text(0)?),
            domain: self.strings.intern("delegate"),
            category: Category::Control,
            ..Node::default()
        };
        for number in arguments {
            let fresh = matches!(draft.values.get(*number), Some(Value::Tensor(tensor)) if tensor.buffer == 0 && !tensor.external);
            if draft.now.contains_key(number) || !fresh {
                let name = format!("input {}", node.inputs.len() + 1);
                self.give(&mut node, &name, *number, draft, open)?;
            } else {
                let value = self.write(draft, *number, "");
                node.outputs.push(Argument { name: self.strings.empty(), values: vec![value] });
            }
        }
        match table.table(1)?.map(|place| self.blob(&place)).transpose() {
            Ok(Some(span)) => self.compiled(&mut node, span, draft, open),
            Ok(None) => {}
            Err(error) => open.report.add_error(&error.within("the data of a delegate")),
        }
        for setting in table.tables(2)? {
            let setting = setting?;
            let value = self.setting(&setting)?;
            let attribute = self.attribute(&setting.text(0)?, value);
            node.attributes.push(attribute);
        }
        Ok(node)
    }

    /// Where the data of a delegate is: in the buffer, or in a segment.
    fn blob(&self, place: &Table) -> Result<Span> {
        let number: u32 = place.number(1, 0)?;
        if place.number(0, 0i8)? == 1 {
            return self.layout.segment(number);
        }
        let inline = self.root.tables(3)?.nth(number as usize).ok_or_else(|| absent("data", number))?;
        Ok(inline?.bytes(0)?.unwrap_or_default())
    }

    /// Shows what was compiled, which is in `span`: a graph where that is known, else bytes.
    fn compiled(&mut self, node: &mut Node, span: Span, draft: &mut Draft, open: &mut Open) {
        let bytes = open.files.slice(self.file).unwrap_or_default().window(span);
        let (file, tensors) = (self.file, &mut self.model.tensors);
        let (named, left, report) = (&self.named, &mut self.left, &mut open.report);
        match xnnpack::graph(&bytes, Place { file, named, tensors, left, report }) {
            Ok(Some(graph)) => {
                draft.body = Some(graph);
                let size = format!("{} bytes", span.len);
                node.metadata.push(Entry { name: self.strings.intern("processed"), value: size.as_str().into() });
                return;
            }
            Ok(None) => {}
            Err(error) => open.report.add_error(&error.within("what was compiled for XNNPACK")),
        }
        let tensor = self.model.tensors.push(Tensor {
            name: "processed".into(),
            dtype: DType::U8,
            shape: vec![span.len],
            encoding: Encoding::Little,
            data: Data::Range(self.file, span),
            description: "".into(),
            metadata: Vec::new(),
            indices: None,
        });
        node.attributes.push(self.attribute("processed", Literal::Tensor(tensor)));
    }

    /// The content of a setting: text, bytes if they are few, else how many.
    fn setting(&self, table: &Table) -> Result<Literal> {
        let Some(span) = table.bytes(1)? else { return Ok(Literal::Absent) };
        if span.len > SETTING {
            return Ok(Literal::String(format!("{} bytes", span.len).as_str().into()));
        }
        let bytes = self.layout.buffer.window(span).read_all(SETTING)?;
        Ok(match str::from_utf8(&bytes) {
            Ok(text) if !text.contains(char::is_control) => Literal::String(text.into()),
            _ => Literal::List(bytes.iter().map(|byte| Literal::Int((*byte).into())).collect()),
        })
    }
}

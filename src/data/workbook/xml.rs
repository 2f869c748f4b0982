//! XML as a hostile file may have it: what it holds comes in pieces that are bounded in size and depth.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::damaged;
use crate::error::Result;

/// Most bytes of a tag or of a piece of text: several times what Excel's longest cell takes.
const MAX_PIECE: usize = 1 << 20;

/// Most bytes of an attribute that is looked at: those that matter are names, numbers and formats.
const MAX_ATTRIBUTE: usize = 2048;

/// Deepest nesting; workbooks have a dozen levels.
const MAX_DEPTH: usize = 64;

/// A piece of an XML file.
pub(super) enum Node<'a> {
    /// An element begins; one without content ends right after.
    Start(Element<'a>),
    /// The element of this local name ends.
    End(&'a str),
    /// Text, or a part of it.
    Text(Cow<'a, str>),
}

/// An element as it begins. Names are without the prefixes of namespaces, which workbooks have or have not.
pub(super) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    /// Its local name.
    pub fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of the attribute of this local name, unless it is longer than any that matters.
    pub fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut attributes = self.0.attributes();
        let mut valid = attributes.with_checks(false).flatten();
        let found = valid.find(|attribute| attribute.key.local_name().into_inner() == name)?;
        found.normalized_value(XmlVersion::Implicit1_0).ok().filter(|value| value.len() <= MAX_ATTRIBUTE)
    }

    /// Whether an attribute says true; `otherwise` where there is none.
    pub fn is(&self, name: &str, otherwise: bool) -> bool {
        self.attribute(name).map_or(otherwise, |value| matches!(&*value, "1" | "true"))
    }
}

/// Gives `each` the pieces of the XML file called `part`, in order, until it says that it has seen enough.
///
/// # Errors
///
/// XML that is damaged, nested too deep, or has a piece over 1 MiB; what `each` refuses.
pub(super) fn walk(xml: impl BufRead, part: &str, mut each: impl FnMut(Node) -> Result<ControlFlow<()>>) -> Result<()> {
    let mut reader = Reader::from_reader(Bounded { inner: xml, left: MAX_PIECE });
    reader.config_mut().expand_empty_elements = true;
    let (mut buffer, mut depth) = (Vec::new(), 0);
    loop {
        reader.get_mut().left = MAX_PIECE;
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| damaged(part, &error))?;
        let flow = match event {
            Event::Start(_) if depth == MAX_DEPTH => return Err(damaged(part, &"it is nested too deep")),
            Event::Start(element) => {
                depth += 1;
                each(Node::Start(Element(element)))?
            }
            Event::End(element) => {
                depth -= 1;
                each(Node::End(element.local_name().into_inner()))?
            }
            Event::Text(text) => each(Node::Text(text.xml10_content()))?,
            Event::CData(text) => each(Node::Text(text.xml10_content()))?,
            Event::GeneralRef(name) => match letters(&name) {
                Some(letters) => each(Node::Text(letters))?,
                None => return Err(damaged(part, &format!("nobody knows what &{}; stands for", &*name))),
            },
            Event::Eof if depth > 0 => return Err(damaged(part, &"its end is missing")),
            Event::Eof => return Ok(()),
            // Nothing of these is part of a table; entities of a DTD are not known, and so cannot grow.
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// What a reference stands for.
fn letters(name: &BytesRef) -> Option<Cow<'static, str>> {
    match name.resolve_char_ref() {
        Ok(Some(letter)) => Some(letter.to_string().into()),
        Ok(None) => resolve_predefined_entity(name).map(Cow::Borrowed),
        Err(_) => None,
    }
}

/// A reader that refuses to go on once so many bytes were taken, as a piece without an end would.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.inner.read(room)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::other("a piece of it is longer than 1 MiB"));
        }
        let bytes = self.inner.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
        self.inner.consume(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every piece in a word, up to the element called `stop`.
    fn pieces(xml: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        walk(xml.as_bytes(), "part.xml", |node| {
            let (piece, stop) = match node {
                Node::Start(element) => {
                    let name = element.name();
                    (format!("<{name} {}", element.attribute("id").unwrap_or_default()), name == "stop")
                }
                Node::End(name) => (format!("/{name}"), false),
                Node::Text(text) => (text.into_owned(), false),
            };
            found.push(piece);
            Ok(if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    #[test]
    fn pieces_come_in_order_without_prefixes_and_with_references_resolved() {
        let xml = "<?xml version=\"1.0\"?><!-- no --><x:a xml:id=\"&lt;1\"><b/>c&amp;d&#x4E2D;<![CDATA[<e>]]></x:a>";
        assert_eq!(pieces(xml).unwrap(), ["<a <1", "<b ", "/b", "c", "&", "d", "中", "<e>", "/a"]);
        assert_eq!(pieces("<a><stop/><b>").unwrap(), ["<a ", "<stop "]);
    }

    #[test]
    fn what_cannot_be_bounded_is_refused() {
        let mistake = |xml: &str| pieces(xml).map(drop).unwrap_err().to_string();
        let long = "x".repeat(2 * MAX_PIECE);
        for xml in [format!("<a>{long}</a>"), format!("<a b=\"{long}\"/>"), format!("<!--{long}--><a/>")] {
            assert!(mistake(&xml).contains("1 MiB"));
        }
        assert!(mistake(&"<a>".repeat(100)).contains("nested too deep"));
        assert!(mistake("<a>").contains("end is missing"));
        assert!(mistake("<a></b>").contains("part.xml"));
        let bomb = "<!DOCTYPE a [<!ENTITY b \"cccc\">]><a>&b;</a>";
        assert!(mistake(bomb).contains("&b;"));
        assert!(mistake("<a>&#0;</a>").contains("&#0;"));
    }
}

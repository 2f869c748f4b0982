//! Entities in tagged words, to count them: tags such as B-PER and I-PER, as `get_entities` in
//! `seqeval/metrics/sequence_labeling.py` reads them.

use super::target::Word;

/// First letters of tags: begin, inside, middle, end, single, unit, last.
const PREFIXES: &str = "BIMESUL";

/// Prefix and type of each tag, in the order of the labels; `None` for O.
#[derive(Debug, Clone)]
pub(super) struct TypedTags {
    tags: Vec<Option<(char, usize)>>,
    /// Types of entities, in order.
    pub types: Vec<String>,
}

impl TypedTags {
    /// Reads the labels; `None` unless they are O and tags with a prefix.
    pub fn of(labels: &[String]) -> Option<Self> {
        let split = |label: &'_ str| {
            let (prefix, kind) = label.split_once('-')?;
            let letter = prefix.chars().next().filter(|letter| prefix.len() == 1 && PREFIXES.contains(*letter))?;
            (!kind.is_empty()).then(|| (letter, kind.to_owned()))
        };
        let parts: Vec<Option<(char, String)>> = labels.iter().map(|label| split(label)).collect();
        if parts.iter().zip(labels).any(|(part, label)| part.is_none() && label != "O") {
            return None;
        }
        let mut types: Vec<String> = parts.iter().flatten().map(|(_, kind)| kind.clone()).collect();
        types.sort_unstable();
        types.dedup();
        let place = |kind: &String| types.binary_search(kind).unwrap_or_default();
        let tags = parts.iter().map(|part| part.as_ref().map(|(letter, kind)| (*letter, place(kind)))).collect();
        (!types.is_empty()).then_some(Self { tags, types })
    }

    /// The type of each entity that the words hold, in their order.
    pub fn entities(&self, words: &[Word]) -> impl Iterator<Item = usize> {
        let mut before: Option<(char, usize)> = None;
        words.iter().filter_map(move |word| {
            let tag = self.tags[word.tag];
            let ended = before.is_none_or(|(letter, _)| "ESUL".contains(letter));
            let last = std::mem::replace(&mut before, tag);
            let (letter, kind) = tag?;
            let starts = "BSU".contains(letter) || ended || last.is_some_and(|(_, other)| other != kind);
            starts.then_some(kind)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(tags: &[&str]) -> Option<Vec<String>> {
        let mut labels: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
        labels.sort();
        labels.dedup();
        let place = |tag: &&str| labels.iter().position(|label| label == tag).unwrap_or_default();
        let words: Vec<Word> = tags.iter().map(|tag| Word { start: 0, end: 1, tag: place(tag) }).collect();
        let scheme = TypedTags::of(&labels)?;
        Some(scheme.entities(&words).map(|kind| scheme.types[kind].clone()).collect())
    }

    #[test]
    fn entities_are_found_in_every_scheme() {
        let found = |tags: &[&str]| count(tags).expect("a scheme").join(" ");
        assert_eq!(found(&["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]), "PER LOC LOC");
        assert_eq!(found(&["I-PER", "I-PER", "I-LOC", "O", "I-PER"]), "PER LOC PER");
        assert_eq!(found(&["B-PER", "E-PER", "I-PER", "S-LOC", "S-LOC"]), "PER PER LOC LOC");
        assert_eq!(found(&["B-A-1", "L-A-1", "U-B", "O"]), "A-1 B");
        assert_eq!(found(&["O", "B-PER", "I-LOC"]), "PER LOC");
    }

    #[test]
    fn other_tags_are_no_scheme() {
        assert_eq!(count(&["NOUN", "VERB"]), None);
        assert_eq!(count(&["O"]), None);
        assert_eq!(count(&["O", "B-PER", "X"]), None);
        assert_eq!(count(&["B-", "O"]), None);
    }
}

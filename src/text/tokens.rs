//! Encoded texts in little memory: many share one block, and cloning one copies none of its tokens.

use std::ops::Range;
use std::sync::Arc;

use super::Encoding;

/// The tokens of some texts, one after the other.
#[derive(Debug)]
struct Block {
    ids: Box<[i32]>,
    /// Where each text ends in `ids`; it starts where the one before ends.
    ends: Box<[u32]>,
    /// Token types, as many as ids; none where all are 0.
    types: Option<Box<[i32]>>,
    places: Option<Places>,
}

/// Where tokens stand in their texts, where that was kept.
#[derive(Debug)]
struct Places {
    /// As [`Encoding::offsets`], of all texts.
    offsets: Box<[(u32, u32)]>,
    /// As [`Encoding::texts`], of each.
    texts: Box<[[Range<u32>; 2]]>,
}

/// An encoded text.
#[derive(Debug, Clone)]
pub struct Tokens {
    block: Arc<Block>,
    row: u32,
}

impl Tokens {
    /// Packs texts. `places`: whether offsets and the ranges of the two texts are kept, which only those need who look up
    /// words.
    ///
    /// # Panics
    ///
    /// There are 2³² tokens or more; or places are kept of texts that have none.
    pub fn pack(texts: &[Encoding], places: bool) -> Vec<Self> {
        let mut total = 0_usize;
        let ends: Box<[u32]> = texts
            .iter()
            .map(|text| {
                total += text.ids.len();
                assert!(u32::try_from(total).is_ok(), "{total} tokens in one block");
                total as u32
            })
            .collect();
        let offsets: usize = texts.iter().map(|text| text.offsets.len()).sum();
        assert!(!places || offsets == total, "{offsets} offsets of {total} tokens");
        let plain = texts.iter().all(|text| text.types.iter().all(|&of| of == 0));
        let all = |of: fn(&Encoding) -> &[i32]| texts.iter().flat_map(|text| of(text).iter().copied()).collect();
        let block = Arc::new(Block {
            ids: all(|text| &text.ids),
            ends,
            types: (!plain).then(|| all(|text| &text.types)),
            places: places.then(|| Places {
                offsets: texts.iter().flat_map(|text| text.offsets.iter().copied()).collect(),
                texts: texts.iter().map(|text| text.texts.clone()).collect(),
            }),
        });
        (0..texts.len() as u32).map(|row| Self { block: Arc::clone(&block), row }).collect()
    }

    /// A single text with everything kept.
    pub fn of(text: Encoding) -> Self {
        Self { block: Self::pack(&[text], true).swap_remove(0).block, row: 0 }
    }

    /// How many tokens.
    pub fn len(&self) -> usize {
        self.range().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Token ids, the special tokens included.
    pub fn ids(&self) -> &[i32] {
        &self.block.ids[self.range()]
    }

    /// Bytes of memory that they take, their share of what is shared left out.
    pub fn bytes(&self) -> usize {
        let each = size_of::<i32>() * (1 + usize::from(self.block.types.is_some()));
        let placed = self.block.places.as_ref().map_or(0, |_| size_of::<(u32, u32)>());
        self.len() * (each + placed) + size_of::<Self>() + size_of::<u32>()
    }

    /// The text as it was packed; without offsets and ranges where these were not kept.
    pub fn unpack(&self) -> Encoding {
        let range = self.range();
        let (offsets, texts) = match &self.block.places {
            Some(places) => (places.offsets[range.clone()].to_vec(), places.texts[self.row as usize].clone()),
            None => Default::default(),
        };
        let types = match &self.block.types {
            Some(types) => types[range.clone()].to_vec(),
            None => vec![0; range.len()],
        };
        Encoding { ids: self.block.ids[range].to_vec(), types, offsets, texts }
    }

    fn range(&self) -> Range<usize> {
        let row = self.row as usize;
        let start = if row == 0 { 0 } else { self.block.ends[row - 1] };
        start as usize..self.block.ends[row] as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(ids: &[i32], types: &[i32]) -> Encoding {
        let offsets = (0..ids.len() as u32).map(|at| (at, at + 1)).collect();
        Encoding { ids: ids.to_vec(), types: types.to_vec(), offsets, texts: [1..2, 2..ids.len() as u32] }
    }

    #[test]
    fn texts_come_out_as_they_went_in() {
        let texts = [encoding(&[5, 6, 7], &[0, 0, 1]), encoding(&[], &[]), encoding(&[8, 9], &[0, 0])];
        let packed = Tokens::pack(&texts, true);
        assert_eq!(packed.iter().map(Tokens::unpack).collect::<Vec<_>>(), texts);
        assert_eq!((packed[0].len(), packed[1].is_empty(), packed[2].ids()), (3, true, &[8, 9][..]));
        assert_eq!(Tokens::of(texts[0].clone()).unpack(), texts[0]);
    }

    #[test]
    fn what_nobody_looks_up_is_not_kept() {
        let texts = [encoding(&[5, 6], &[0, 0]), encoding(&[7], &[0])];
        let packed = Tokens::pack(&texts, false);
        let bare = Encoding { ids: vec![7], types: vec![0], ..Encoding::default() };
        assert_eq!(packed[1].unpack(), bare);
        assert!(packed[0].bytes() < Tokens::pack(&texts, true)[0].bytes());
    }
}

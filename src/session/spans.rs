//! The best answer to a question from the outputs over its context's windows, as transformers' question answering
//! scripts and pipeline choose it.

use std::cmp::Reverse;
use std::ops::Range;

use crate::eval::softmax;
use crate::text::Encoding;

/// Longest answer in tokens.
const LONGEST: usize = 30;
/// Likeliest first and last tokens that are paired with one another.
const CANDIDATES: usize = 20;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BestSpan {
    /// Its characters in the context; none where the context is held to have no answer.
    pub characters: Option<(u32, u32)>,
    /// Its probability among the spans of its window.
    pub score: f64,
    /// Sum of the two outputs, by which windows are compared.
    logit: f32,
}

/// What is known of one question after some of its windows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Search {
    best: Option<BestSpan>,
    /// The lowest output for "no answer" over the windows, with its probability.
    none: Option<(f32, f64)>,
}

impl Search {
    /// Looks at one window: outputs `[T, 2]` for first and last token.
    pub fn add(&mut self, outputs: &[f32], tokens: &Encoding) {
        let context = tokens.texts[1].start as usize..tokens.texts[1].end as usize;
        let [starts, ends] = [0, 1].map(|end| -> Vec<f32> { outputs.iter().skip(end).step_by(2).copied().collect() });
        let (Some(&first), Some(&last)) = (starts.first(), ends.first()) else { return };
        // The first token stands for "no answer", so that it is among the choices.
        let shares = |values: &[f32]| -> Vec<f64> {
            softmax(&std::iter::once(values[0]).chain(values[context.clone()].iter().copied()).collect::<Vec<f32>>())
        };
        let (start_shares, end_shares) = (shares(&starts), shares(&ends));
        let none = (first + last, start_shares[0] * end_shares[0]);
        if self.none.is_none_or(|(lowest, _)| none.0 < lowest) {
            self.none = Some(none);
        }
        for &start in &likeliest(&starts, &context) {
            for &end in likeliest(&ends, &context).iter().filter(|&&end| (start..start + LONGEST).contains(&end)) {
                let logit = starts[start] + ends[end];
                if self.best.is_none_or(|best| logit > best.logit) {
                    let at = |place: usize| place - context.start + 1;
                    self.best = Some(BestSpan {
                        characters: Some((tokens.offsets[start].0, tokens.offsets[end].1)),
                        score: start_shares[at(start)] * end_shares[at(end)],
                        logit,
                    });
                }
            }
        }
    }

    /// The best span of all windows; none if that is likelier and `may_lack` allows it.
    pub fn finish(self, may_lack: bool) -> BestSpan {
        let (lowest, share) = self.none.unwrap_or_default();
        match self.best {
            Some(best) if !may_lack || best.logit > lowest => best,
            _ => BestSpan { characters: None, score: share, logit: lowest },
        }
    }
}

/// The places of the largest values in a range, largest first.
fn likeliest(values: &[f32], range: &Range<usize>) -> Vec<usize> {
    let mut places: Vec<usize> = range.clone().collect();
    places.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    places.truncate(CANDIDATES);
    places.sort_by_key(|&place| Reverse(place));
    places.reverse();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(offsets: &[(u32, u32)]) -> Encoding {
        let all = [&[(0, 0), (0, 1), (0, 0)], offsets, &[(0, 0)]].concat();
        Encoding { texts: [1..2, 3..3 + offsets.len() as u32], ids: vec![0; all.len()], offsets: all, types: vec![] }
    }

    /// Outputs that are 0 but for some first and last tokens.
    fn outputs(tokens: usize, high: &[(usize, usize, f32)]) -> Vec<f32> {
        let mut values = vec![0.0; tokens * 2];
        high.iter().for_each(|&(token, end, value)| values[token * 2 + end] = value);
        values
    }

    #[test]
    fn the_best_span_lies_in_the_context_and_begins_before_it_ends() {
        let tokens = window(&[(0, 3), (4, 7), (8, 9)]);
        let mut search = Search::default();
        // The question's token and a last token before the first are never taken.
        search.add(&outputs(7, &[(1, 0, 9.0), (4, 0, 5.0), (3, 1, 8.0), (5, 1, 6.0)]), &tokens);
        let best = search.finish(false);
        assert_eq!(best.characters, Some((4, 9)));
        assert!(best.score > 0.0 && best.score < 1.0);
    }

    #[test]
    fn no_answer_is_given_only_where_it_may_be() {
        let tokens = window(&[(0, 3), (4, 7)]);
        let mut search = Search::default();
        search.add(&outputs(6, &[(0, 0, 4.0), (0, 1, 4.0), (3, 0, 3.0), (3, 1, 3.0)]), &tokens);
        assert_eq!(search.finish(true).characters, None);
        assert_eq!(search.finish(false).characters, Some((0, 3)));
        // A window in which the answer is surer than nothing decides.
        search.add(&outputs(6, &[(4, 0, 9.0), (4, 1, 9.0)]), &tokens);
        assert_eq!(search.finish(true).characters, Some((4, 7)));
        assert_eq!(Search::default().finish(false).characters, None, "no window, no answer");
    }
}

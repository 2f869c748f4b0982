//! Whether a run fits into a GPU, found out from shapes before anything is computed.

use crate::error::{Error, Result};
use crate::model::Model;
use crate::recipe::Method;
use crate::session::rows::Prepared;
use crate::session::start::Setup;
use crate::train::{Footprint, Plan};

/// Bytes from which a run is told how much memory it takes: most GPUs of the last years have more.
const LARGE: u64 = 1_500_000_000;

/// How often a run holds the vectors of its texts at most: as they come, as the fit has them, and for the next run.
const COPIES: usize = 3;

impl Setup {
    /// Refuses a head on more texts than `room` bytes hold the vectors of, before anything is computed.
    pub fn check_vectors(&self, texts: usize, room: usize) -> Result<()> {
        if matches!(self.recipe.method, Method::Full | Method::Lora) {
            return Ok(());
        }
        vectors_fitting(texts, most_vectors(self.base.config.hidden_size, room))
    }

    /// Refuses what this GPU cannot hold, before anything is computed; says how much memory a large run takes.
    pub fn check_memory(&self, start: &Model, train: &Prepared, max_length: usize) -> Result<Option<String>> {
        let (Some(longest), false) = (self.compute.longest_array, self.recipe.method == Method::Frozen) else {
            return Ok(None);
        };
        let texts = match self.recipe.method {
            // Pairs are made of the rows.
            Method::Contrastive => 2,
            _ => 1 + train.rows.partners.len(),
        };
        let plan = Plan {
            parameters: start.parameters(),
            rows: self.recipe.batch_size * texts,
            tokens: train.rows.lengths().into_iter().max().unwrap_or(max_length),
            checkpointing: self.recipe.gradient_checkpointing,
        };
        let footprint = |plan: &Plan| Footprint::new(&self.base.config, plan);
        let needed = footprint(&plan);
        fitting(&needed, longest, self.recipe.batch_size, texts, plan.tokens)?;
        let less = footprint(&Plan { checkpointing: true, ..plan });
        Ok((needed.total() >= LARGE).then(|| memory_note(needed.total(), less.total())))
    }
}

/// So many texts may be encoded for a head, by their vectors' width and the bytes that there are for them.
pub fn most_vectors(hidden: usize, room: usize) -> usize {
    room / (size_of::<f32>() * hidden.max(1) * COPIES)
}

/// Refuses more texts than vectors fit.
fn vectors_fitting(texts: usize, fits: usize) -> Result<()> {
    if texts <= fits {
        return Ok(());
    }
    Err(Error::recipe(
        "method",
        format!(
            "A tab's memory has room for the vectors of {fits} texts, and a head would need those of {texts}. Choose Full or \
             LoRA, which keep none, or take fewer rows."
        ),
    ))
}

/// What a run takes of a GPU's memory, and what it would take with gradient checkpointing, both in bytes.
fn memory_note(bytes: u64, less: u64) -> String {
    let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
    let remedy = if less < bytes {
        format!(" If the GPU has less, gradient checkpointing brings it down to about {}.", gigabytes(less))
    } else {
        " If the GPU has less, a smaller batch or LoRA needs less.".to_owned()
    };
    format!("Training takes about {} of the GPU's memory.{remedy}", gigabytes(bytes))
}

/// Refuses what needs arrays beyond the longest that a GPU takes, in bytes; a row of a batch has so many texts, the longest
/// so many tokens.
fn fitting(needed: &Footprint, longest: u64, batch_size: usize, texts: usize, tokens: usize) -> Result<()> {
    let remedy = match needed.largest_batch(longest) / texts {
        fits if fits >= batch_size => return Ok(()),
        0 => "Choose a smaller maximum length, or use the CPU.".to_owned(),
        fits => format!("Choose a batch size of at most {fits}; gradient accumulation makes up for it."),
    };
    let message = format!(
        "This GPU takes arrays of at most {} MB, and {batch_size} rows of {tokens} tokens need longer ones. {remedy}",
        longest >> 20
    );
    Err(Error::recipe("batch_size", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gpu_cannot_hold_is_refused_with_what_it_can() {
        let needed = Footprint { parameters: 0, activations: 0, largest_of_row: 9 << 20 };
        let refused = |longest: u64, batch_size, texts| match fitting(&needed, longest << 20, batch_size, texts, 64) {
            Ok(()) => None,
            Err(Error::Recipe { field, message }) => Some((field, message)),
            Err(other) => panic!("not a mistake of the recipe: {other}"),
        };
        assert_eq!(refused(128, 14, 1), None);
        let (field, message) = refused(128, 15, 1).expect("a refusal");
        assert_eq!(field, "batch_size");
        assert_eq!(
            message,
            "This GPU takes arrays of at most 128 MB, and 15 rows of 64 tokens need longer ones. Choose a batch size of at \
             most 14; gradient accumulation makes up for it."
        );
        assert!(refused(128, 8, 2).expect("a refusal").1.contains("at most 7;"));
        assert!(refused(128, 1, 20).expect("a refusal").1.contains("smaller maximum length"));
    }

    #[test]
    fn a_head_on_more_texts_than_there_is_room_for_is_refused() {
        let fits = most_vectors(384, 1 << 31);
        assert_eq!(fits, 466_033);
        assert_eq!(vectors_fitting(fits, fits), Ok(()));
        let mistake = vectors_fitting(1_000_000, fits).expect_err("a refusal");
        assert_eq!(mistake.kind(), "recipe");
        assert!(mistake.to_string().contains("466033 texts") && mistake.to_string().contains("1000000"), "{mistake}");
    }

    #[test]
    fn a_large_run_is_told_what_it_takes_and_what_helps() {
        assert_eq!(
            memory_note(3_030_000_000, 2_090_000_000),
            "Training takes about 3.0 GB of the GPU's memory. If the GPU has less, gradient checkpointing brings it down to \
             about 2.1 GB."
        );
        assert!(memory_note(2_000_000_000, 2_000_000_000).ends_with("a smaller batch or LoRA needs less."));
    }
}

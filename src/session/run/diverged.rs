//! A run whose loss is no number any more: what is still good is kept, and the user is told what helps.

use super::Run;
use crate::error::{Error, Result};
use crate::session::event::Reason;

impl Run {
    /// Ends a run in whose losses something else than numbers was read: the best epoch's weights are kept.
    ///
    /// # Errors
    ///
    /// No epoch was over by then, so that there is nothing to keep.
    pub(super) fn end_if_diverged(&mut self) -> Result<()> {
        let Some(step) = self.diverged else { return Ok(()) };
        if self.best.is_some() {
            if self.ended().is_none() {
                self.close(Reason::EarlyStopping);
            }
            return Ok(());
        }
        let field = if self.in_halves() { "half_precision" } else { "learning_rate" };
        Err(Error::recipe(field, format!("{} No epoch was over, so nothing is kept.", self.what_diverged(step))))
    }

    /// What to tell of a loss that was no number, if one was.
    pub fn trouble(&self) -> Option<String> {
        self.diverged.map(|step| self.what_diverged(step))
    }

    /// From which step on the loss was no number, and what helps.
    fn what_diverged(&self, step: usize) -> String {
        let remedy = match step {
            1 => "The model's own weights may be damaged: open another copy of it".to_owned(),
            _ => format!("Take a lower learning rate than {:e}", self.recipe.learning_rate),
        };
        let halves = if self.in_halves() { ", or turn half precision off" } else { "" };
        format!("From step {step} on the loss was no number any more. {remedy}{halves}.")
    }

    fn in_halves(&self) -> bool {
        self.recipe.half_precision && self.compute.halves
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use futures_lite::future::block_on;

    use super::*;
    use crate::data::Mapping;
    use crate::recipe::Method;
    use crate::session::event::Event;
    use crate::session::{AnyRun, ModelFiles, Vocabulary};
    use crate::train::{Norm, Step};
    use crate::{DeviceKind, Recipe, Session, Task};

    /// A run of two epochs of four steps each, but of pairs where that is the method.
    fn run(recipe: Recipe) -> AnyRun {
        let file = |name: &str| {
            std::fs::read(format!("{}/tests/fixtures/tiny-bert/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a fixture")
        };
        let [config, tokenizer, weights] = ["config.json", "tokenizer.json", "model.safetensors"].map(file);
        let files = ModelFiles {
            config: &config,
            vocabulary: Vocabulary::Tokenizer(&tokenizer),
            weights: vec![&weights],
            tokenizer_config: None,
            modules: Vec::new(),
        };
        let mut session = block_on(Session::new(DeviceKind::Cpu)).expect("a session");
        session.open_model(files, "tiny").expect("a model");
        let rows: String = ["the good one,ripe\n", "the bad one,rotten\n"].repeat(20).concat();
        session.open_table(format!("text,label\n{rows}").as_bytes(), "rows.csv").expect("a table");
        let guess = session.guess_mapping(Task::Classification).expect("columns");
        session.map_columns(&Mapping { validation_share: 0.2, ..guess }).expect("a data set");
        session.start(Recipe { epochs: 2, batch_size: 8, ..recipe }).expect("a run");
        session.run.take().expect("it was started").run
    }

    impl Run {
        /// A step whose loss is no number.
        pub fn spoil(&mut self) {
            let (loss, norm) = (Tensor::from_floats([f32::NAN], &self.compute.device), Norm::Host(f64::NAN));
            let step = self.trainer.step_count() + 1;
            self.unread.push(Step { step, loss, norm, learning_rate: 1.0, examples: 8, tokens: 8 });
        }
    }

    /// What comes of a step whose loss is no number, after some units of work.
    fn after(units: usize, keep_best: bool) -> (Run, Result<Vec<Event>>) {
        let AnyRun::Steps(mut run) = run(Recipe { keep_best, ..Recipe::default() }) else {
            unreachable!("the default method has steps")
        };
        block_on(run.advance(units)).expect("steps");
        run.spoil();
        let mut events = Vec::new();
        for _ in 0..20 {
            match block_on(run.advance(1)) {
                Err(error) => return (run, Err(error)),
                Ok((told, outcome)) => {
                    events.extend(told);
                    if outcome.is_some() {
                        break;
                    }
                }
            }
        }
        (run, Ok(events))
    }

    #[test]
    fn the_epoch_before_is_kept_whatever_the_recipe_says() {
        for keep_best in [true, false] {
            let (run, events) = after(6, keep_best);
            let events = events.expect("an end");
            assert!(!events.iter().any(|event| matches!(event, Event::Step(step) if !step.loss.is_finite())));
            let Some(Event::Done(done)) = events.last() else { panic!("{events:?}") };
            assert_eq!((done.reason, done.best_epoch), (Reason::EarlyStopping, 1));
            let step = run.diverged.expect("a step");
            let said =
                format!("From step {step} on the loss was no number any more. Take a lower learning rate than 5e-5.");
            assert!(done.sentence.starts_with(&said), "{}", done.sentence);
            assert!(done.sentence.contains("epoch 1 are kept"), "{}", done.sentence);
        }
    }

    #[test]
    fn a_head_is_fitted_to_the_epoch_before_and_that_is_told() {
        let recipe = Recipe { method: Method::Contrastive, pairs_per_row: 1, ..Recipe::default() };
        let AnyRun::Contrastive(mut run) = run(recipe) else { unreachable!("the method has two parts") };
        let epoch = run.encoder().steps_per_epoch();
        block_on(run.advance(epoch + 1)).expect("an epoch on pairs");
        run.encoder().spoil();
        let outcome = (0..50).find_map(|_| block_on(run.advance(1)).expect("units of work").1).expect("an end");
        let said = outcome.done.sentence;
        assert!(said.contains("the loss was no number any more. Take a lower learning rate"), "{said}");
        assert!(said.contains(". The encoder learnt from pairs"), "{said}");
    }

    #[test]
    fn before_an_epoch_is_over_nothing_is_left_to_keep() {
        let (_, events) = after(2, true);
        let error = events.expect_err("no weights");
        assert!(matches!(&error, Error::Recipe { field, .. } if field == "learning_rate"), "{error:?}");
        assert!(error.to_string().contains("nothing is kept"), "{error}");
    }
}

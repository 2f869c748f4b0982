//! What is worth knowing before a run begins, in words.

use super::Setup;
use crate::recipe::{ClassWeights, Method};
use crate::task::Task;

/// Steps below which a run is told to be short: the default recipe needs a few hundred to move an encoder.
const FEW_STEPS: usize = 100;
/// Epochs and learning rate from which on more are no longer advised for a short run.
const MANY_EPOCHS: usize = 10;
/// See [`MANY_EPOCHS`].
const HIGH_RATE: f64 = 2e-4;
/// Learning rate below which adapters hardly move: they begin at zero and are scaled, so that they want some ten times that of all
/// of a model.
const LORA_RATE: f64 = 3e-4;

/// Of a head for hidden words that was drawn.
pub const NEW_HEAD_FOR_WORDS: &str = "The model's files have no head that guesses words, so that one is learnt from nothing: it \
    takes many thousand texts before anything is guessed. A model whose files have one, such as google-bert/bert-base-uncased, adapts with \
    few.";

impl Setup {
    /// Of texts of which so many are cut, so many are held out, and a run of so many steps.
    pub(super) fn notes(&self, cut: usize, max_length: usize, held_out: usize, total_steps: usize) -> Vec<String> {
        let (task, recipe) = (self.task, &self.recipe);
        let mut notes = Vec::new();
        let classes = matches!(task, Task::Classification | Task::Tokens);
        if !classes && (recipe.label_smoothing > 0.0 || recipe.class_weights != ClassWeights::None) {
            notes.push(
                "Label smoothing and class weights are for tasks with one label of several; they change nothing here."
                    .to_owned(),
            );
        }
        if recipe.half_precision && (!self.compute.halves || self.compute.info.software) {
            notes
                .push("This device does not multiply in half precision, so everything is computed in full.".to_owned());
        }
        if total_steps < FEW_STEPS && matches!(recipe.method, Method::Full | Method::Lora) {
            // Nothing is advised that is done already.
            let epochs = (recipe.epochs < MANY_EPOCHS).then_some("10 to 20 epochs");
            let rate = (recipe.method == Method::Full && recipe.learning_rate < HIGH_RATE)
                .then_some("a learning rate of 2e-4");
            let advice = match [epochs, rate].into_iter().flatten().collect::<Vec<_>>().join(" or ").as_str() {
                "" => "More rows would help most.".to_owned(),
                better => format!("With so few rows, {better} usually reach far more."),
            };
            notes.push(format!("The run has only {total_steps} steps, which teach an encoder little. {advice}"));
        }
        if recipe.method == Method::Lora && recipe.learning_rate < LORA_RATE {
            notes.push(format!(
                "Adapters learn little at a learning rate of {:e}: 1e-3 to 2e-3 is usual for small encoders, 3e-4 to 1e-3 for \
                 larger ones.",
                recipe.learning_rate
            ));
        }
        if cut > 0 {
            let texts = if cut == 1 { "1 text is".to_owned() } else { format!("{cut} texts are") };
            let then = match task {
                Task::Answers | Task::Tokens => "read in windows that overlap",
                _ => "cut there",
            };
            let longest = self.base.config.longest();
            let more = match task {
                Task::Answers | Task::Tokens => String::new(),
                _ if max_length >= longest => " The encoder has positions for no more.".to_owned(),
                _ => format!(" The maximum length may be up to {longest}; steps take longer then."),
            };
            notes.push(format!("{texts} longer than {max_length} tokens and {then}.{more}"));
        }
        if held_out == 0 {
            notes.push("There are no validation rows, so nothing tells how well it does on new texts.".to_owned());
        }
        notes
    }
}

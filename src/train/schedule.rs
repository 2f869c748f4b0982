//! Step → learning rate: warm-up and the ways down from the peak, as in `transformers/optimization.py`.

use std::f64::consts::PI;

use crate::recipe::Schedule;

/// Steps of warm-up: `⌈ratio · total⌉`, as `TrainingArguments.get_warmup_steps` computes it.
pub fn warmup_steps(total_steps: usize, ratio: f64) -> usize {
    (total_steps as f64 * ratio).ceil() as usize
}

/// Learning rate of a step, counted from 0.
///
/// It rises in a line from 0 to `peak` over the warm-up (the first step of a run with warm-up has rate 0, as in
/// transformers), then follows the schedule: `get_linear_schedule_with_warmup`, `get_cosine_schedule_with_warmup` with
/// half a cosine, or `get_constant_schedule_with_warmup`.
pub fn learning_rate(schedule: Schedule, step: usize, total_steps: usize, warmup_steps: usize, peak: f64) -> f64 {
    let quotient = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    if step < warmup_steps {
        return peak * quotient(step, warmup_steps);
    }
    let decaying = total_steps.saturating_sub(warmup_steps);
    let factor = match schedule {
        Schedule::Linear => quotient(total_steps.saturating_sub(step), decaying),
        Schedule::Cosine => (0.5 * (1.0 + (PI * quotient(step - warmup_steps, decaying)).cos())).max(0.0),
        Schedule::Constant => 1.0,
    };
    peak * factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Fixture {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        schedule: Schedule,
        total: usize,
        warmup: usize,
        peak: f64,
        values: Vec<f64>,
    }

    #[test]
    fn rates_are_those_of_transformers() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schedules.json");
        let fixture: Fixture = serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("its shape");
        assert!(!fixture.cases.is_empty());
        for Case { schedule, total, warmup, peak, values } in fixture.cases {
            for (step, expected) in values.into_iter().enumerate() {
                let rate = learning_rate(schedule, step, total, warmup, peak);
                // The fixture's values are rounded to twelve digits.
                assert!((rate - expected).abs() <= 5e-12 * peak, "{schedule:?} {step} of {total}: {rate}, {expected}");
            }
        }
    }

    #[test]
    fn warm_up_is_rounded_up() {
        let cases =
            [(10, 0.1, 1), (11, 0.1, 2), (100, 0.0, 0), (100, 1.0, 100), (0, 0.5, 0), (3, 0.1, 1), (30, 0.1, 3)];
        for (total, ratio, expected) in cases {
            assert_eq!(warmup_steps(total, ratio), expected, "{total} × {ratio}");
        }
    }

    #[test]
    fn steps_beyond_the_end_stay_at_the_end() {
        assert_eq!(learning_rate(Schedule::Linear, 12, 10, 2, 1.0), 0.0);
        assert_eq!(learning_rate(Schedule::Linear, 0, 0, 0, 1.0), 0.0);
        assert_eq!(learning_rate(Schedule::Constant, 12, 10, 2, 1.0), 1.0);
    }
}

//! AdamW on the rows of a table of which a step has gradients for few. All other rows move, too, by decay and by what their
//! moments still hold; but nobody looks at them before a batch has them or the whole model is read. Until then their steps are
//! noted, and then done one after the other while the row is in the processor's cache: the same operations in the same order,
//! so the same bits, without a pass over the whole table in each step.
//!
//! [`Progress`] has the notes, `host` and `device` the steps themselves.

#[cfg(feature = "gpu")]
mod device;
mod host;

use super::adamw::Factors;
#[cfg(feature = "gpu")]
pub use device::LateTable;
pub use host::RowGradient;

/// A row that has steps before it.
#[derive(Debug, Clone, Copy)]
pub struct LateRow {
    /// Which.
    pub row: usize,
    /// How many of the steps it has behind it.
    pub done: usize,
    /// Whether it has ever had a gradient.
    pub touched: bool,
}

/// How far each row of a table is.
#[derive(Debug)]
pub struct Progress {
    /// Which rows have ever had a gradient. The others have moments of zero, so that decay alone moves them.
    touched: Vec<bool>,
    /// Steps that some rows still have before them, oldest first.
    steps: Vec<Factors>,
    /// How many of these each row has behind it.
    done: Vec<u32>,
}

impl Progress {
    /// Rows without a step before them.
    pub fn new(touched: Vec<bool>) -> Self {
        Self { done: vec![0; touched.len()], steps: Vec::new(), touched }
    }

    /// Rows that have ever had a gradient, ascending.
    pub fn touched(&self) -> Vec<u32> {
        (0..).zip(&self.touched).filter(|(_, touched)| **touched).map(|(row, _)| row).collect()
    }

    /// Steps that some rows still have before them.
    pub fn steps(&self) -> &[Factors] {
        &self.steps
    }

    /// Memory that the notes take, in bytes.
    pub fn bytes(&self) -> usize {
        self.touched.len() + size_of_val(self.done.as_slice()) + size_of_val(self.steps.as_slice())
    }

    /// Which of these rows, each named any number of times, have steps before them: the caller does those now. Without rows
    /// it is all of them, and [`Self::forget`] comes next.
    ///
    /// # Panics
    ///
    /// If a row is not in the table.
    pub fn take_late(&mut self, rows: Option<&[usize]>) -> Vec<LateRow> {
        let Self { touched, steps, done } = self;
        let behind = |row: usize| {
            let done = std::mem::replace(&mut done[row], steps.len() as u32) as usize;
            (done < steps.len()).then(|| LateRow { row, done, touched: touched[row] })
        };
        match rows {
            Some(rows) => rows.iter().copied().filter_map(behind).collect(),
            None => (0..touched.len()).filter_map(behind).collect(),
        }
    }

    /// Forgets the steps, which all rows have behind them.
    pub fn forget(&mut self) {
        self.done.fill(0);
        self.steps.clear();
    }

    /// Notes one more step, which these rows do now and all others later.
    pub fn note(&mut self, step: Factors, rows: &[usize]) {
        self.steps.push(step);
        for &row in rows {
            self.touched[row] = true;
            self.done[row] = self.steps.len() as u32;
        }
    }
}

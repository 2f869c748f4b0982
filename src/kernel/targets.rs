//! What a cross-entropy compares outputs with.

/// Soft targets q of N rows over K classes: of a row with a class, `q[c] = spread[c] + share · [c is its class]`; of one
/// without, zeros.
#[derive(Debug, Clone)]
pub struct Targets {
    rows: Vec<Option<Target>>,
    spread: Vec<f32>,
}

/// The target of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Its class, below K.
    pub class: usize,
    /// How much it counts for.
    pub share: f32,
}

impl Targets {
    /// Targets of N rows, and what each of K classes gets of every row that has one: as many, or none for zeros.
    pub fn new(rows: Vec<Option<Target>>, spread: Vec<f32>) -> Self {
        Self { rows, spread }
    }

    /// The target of each row, N of them.
    pub fn rows(&self) -> &[Option<Target>] {
        &self.rows
    }

    /// What each class gets of every row with a target: K values, or none for zeros.
    pub fn spread(&self) -> &[f32] {
        &self.spread
    }

    /// K, if N rows of outputs are so many values.
    ///
    /// # Panics
    ///
    /// If they are no whole rows, or have not all classes.
    pub fn classes(&self, outputs: usize) -> usize {
        let rows = self.rows.len();
        let classes = outputs.checked_div(rows).unwrap_or(0);
        assert_eq!(rows * classes, outputs, "{rows} rows of {classes} outputs");
        assert!(self.rows.iter().flatten().all(|target| target.class < classes), "classes below {classes}");
        assert!(self.spread.is_empty() || self.spread.len() == classes, "a share for each of {classes} classes");
        classes
    }
}

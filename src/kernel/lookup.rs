//! Which rows of tables the tokens of a batch are: what an embedding looks up, and what its gradient sums up.

/// Rows of P tables for each of N tokens.
#[derive(Debug, Clone, Default)]
pub struct Lookup {
    tables: Vec<Places>,
}

/// Rows of one table.
#[derive(Debug, Clone)]
pub struct Places {
    /// Which row each token is, N of them.
    pub rows: Vec<i32>,
    /// How many rows the table has.
    pub count: usize,
    /// Tokens whose rows learn nothing from them, such as padding: N flags, or none where all count.
    pub constant: Vec<bool>,
}

/// The tokens of each row, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct ByRow {
    /// Tokens, those of the first row first.
    pub order: Vec<u32>,
    /// Where in `order` each row's tokens begin, and where the last ones end.
    pub starts: Vec<u32>,
}

impl Lookup {
    /// A look-up in these tables.
    ///
    /// # Panics
    ///
    /// If the tables are not looked up for the same number of tokens, or a row is not there.
    pub fn new(tables: Vec<Places>) -> Self {
        for places in &tables {
            assert_eq!(places.rows.len(), tables[0].rows.len(), "as many tokens in every table");
            assert!(places.constant.is_empty() || places.constant.len() == places.rows.len(), "a flag for each token");
            let there = |&row: &i32| usize::try_from(row).is_ok_and(|row| row < places.count);
            assert!(places.rows.iter().all(there), "rows of a table of {}", places.count);
        }
        Self { tables }
    }

    /// The tables, P of them.
    pub fn tables(&self) -> &[Places] {
        &self.tables
    }

    /// N
    pub fn tokens(&self) -> usize {
        self.tables.first().map_or(0, |places| places.rows.len())
    }
}

impl Places {
    /// The tokens of each row that learn, in order.
    pub fn by_row(&self) -> ByRow {
        let learns = |token: &usize| self.constant.is_empty() || !self.constant[*token];
        let mut starts = vec![0; self.count + 1];
        for token in (0..self.rows.len()).filter(learns) {
            starts[self.rows[token] as usize + 1] += 1;
        }
        for row in 0..self.count {
            starts[row + 1] += starts[row];
        }
        let mut next = starts.clone();
        let mut order = vec![0; starts[self.count] as usize];
        for token in (0..self.rows.len()).filter(learns) {
            let place = &mut next[self.rows[token] as usize];
            order[*place as usize] = token as u32;
            *place += 1;
        }
        ByRow { order, starts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_sorted_by_row_and_constants_left_out() {
        let places = Places { rows: vec![2, 0, 2, 3, 0], count: 5, constant: vec![false, false, false, true, false] };
        assert_eq!(places.by_row(), ByRow { order: vec![1, 4, 0, 2], starts: vec![0, 2, 2, 4, 4, 4] });
        let all = Places { constant: Vec::new(), ..places };
        assert_eq!(all.by_row(), ByRow { order: vec![1, 4, 0, 2, 3], starts: vec![0, 2, 2, 4, 5, 5] });
    }
}

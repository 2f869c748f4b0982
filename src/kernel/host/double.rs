//! Products of rows of f64: what heads are computed with that are fitted until their gradient is as good as zero, which
//! f32 could not tell. Letters: H values in a vector, K rows.

use super::math;
use super::wide::wide;

wide! {
    /// Σ of products of two vectors of the same length.
    pub fn dot(a: &[f64], b: &[f64]) -> f64 {
        math::dot(a, b)
    }
}

wide! {
    /// A vector of f32 as one of f64 of the same length.
    pub fn widen(vector: &[f32], wide: &mut [f64]) {
        for (wide, value) in wide.iter_mut().zip(vector) {
            *wide = f64::from(*value);
        }
    }
}

wide! {
    /// `sums += M·v`: M `[K, H]`, v `[H]`, sums `[K]`.
    pub fn add_products(matrix: &[f64], vector: &[f64], sums: &mut [f64]) {
        for (sum, row) in sums.iter_mut().zip(matrix.chunks_exact(vector.len())) {
            *sum += math::dot(row, vector);
        }
    }
}

wide! {
    /// `M += f·vᵀ`: f `[K]`, v `[H]`, M `[K, H]`.
    pub fn add_outer(factors: &[f64], vector: &[f64], matrix: &mut [f64]) {
        for (factor, row) in factors.iter().zip(matrix.chunks_exact_mut(vector.len())) {
            for (sum, value) in row.iter_mut().zip(vector) {
                *sum += factor * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_every_length_equal_the_definition() {
        for (hidden, rows) in [(1, 1), (15, 2), (16, 3), (37, 5), (100, 1)] {
            let narrow: Vec<f32> = (0..hidden).map(|i| 0.5 * i as f32 - 3.0).collect();
            let mut vector = vec![0.0; hidden];
            widen(&narrow, &mut vector);
            assert!(vector.iter().zip(&narrow).all(|(wide, value)| *wide == f64::from(*value)));
            // Whole halves, whose sums are exact in any order.
            let matrix: Vec<f64> = (0..rows * hidden).map(|i| f64::from(i as u32) * 0.5 - 7.0).collect();
            let mut sums = vec![1.0; rows];
            add_products(&matrix, &vector, &mut sums);
            let mut outer = matrix.clone();
            add_outer(&sums, &vector, &mut outer);
            for k in 0..rows {
                let row = &matrix[k * hidden..(k + 1) * hidden];
                let exact: f64 = row.iter().zip(&vector).map(|(a, b)| a * b).sum();
                assert_eq!((sums[k], dot(row, &vector)), (1.0 + exact, exact));
                for h in 0..hidden {
                    assert_eq!(outer[k * hidden + h], row[h] + sums[k] * vector[h]);
                }
            }
        }
    }
}

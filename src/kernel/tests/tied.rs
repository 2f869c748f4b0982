//! The last layer that is tied to a table of words.

use burn::tensor::Tensor;

use super::super::{Lookup, Places, embed, tied};
use super::{On, plain};

/// Places, width and words: fewer and more than a tile has, none a multiple of four, and a vocabulary.
const SIZES: [[usize; 3]; 5] = [[1, 1, 1], [7, 5, 19], [33, 70, 50], [20, 36, 65], [3, 24, 5003]];

pub fn layers(on: &On) {
    for [places, width, words] in SIZES {
        let (x, table, bias) = (on.leaf([places, width], 0), on.leaf([words, width], 1), on.leaf([words], 2));
        let kernel = tied(x.clone(), table.clone(), bias.clone());
        let plain = || plain::tied(x.clone(), table.clone(), bias.clone());
        let name = format!("tied {places} {width} {words}");
        same!(on, &name, [x, table, bias], kernel, plain());
        let alone = tied(x.clone().inner(), table.clone().inner(), bias.clone().inner());
        on.close(&format!("{name}, without a graph"), alone, plain().inner());
    }
}

/// The table gets the gradients of both, and a table or an input that learns nothing gets none.
pub fn layers_over_words_that_were_looked_up(on: &On) {
    let (table, bias) = (on.leaf([30, 8], 1), on.leaf([30], 2));
    let lookup = || Lookup::new(vec![Places { rows: vec![3, 29, 3, 7], count: 30, constant: Vec::new() }]);
    let looked_up = || embed(vec![table.clone()], lookup());
    let found = tied(looked_up(), table.clone(), bias.clone());
    same!(
        on,
        "tied to the table of its words",
        [table, bias],
        found,
        plain::tied(looked_up(), table.clone(), bias.clone())
    );
    let constant = |tensor: &Tensor<2>| Tensor::from_inner(tensor.clone().inner());
    let (x, fixed) = (on.leaf([4, 8], 0), constant(&table));
    same!(
        on,
        "tied to a fixed table",
        [x, bias],
        tied(x.clone(), fixed.clone(), bias.clone()),
        plain::tied(x.clone(), fixed.clone(), bias.clone())
    );
    let gradients = on.weigh(tied(constant(&x), fixed.clone(), bias)).backward();
    assert!(fixed.grad(&gradients).is_none());
}

//! The losses of sentence vectors and their gradients against sentence-transformers in float64.

mod support;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;
use support::{Within, assert_close, block_on, on_a_gpu, open, values};
use tabtune::DeviceKind;
use tabtune::model::unit;
use tabtune::train::{Contrast, Contrasted};

#[derive(Deserialize)]
struct Facts {
    scale: f64,
    margin: f64,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    embeddings: Vec<Vec<Vec<f32>>>,
    scores: Option<Vec<f32>>,
    loss: f32,
    gradients: Vec<Vec<Vec<f32>>>,
}

/// ‖a − b‖ / ‖b‖ of losses and gradients, at most.
const CLOSE: Within = Within::Relative(1e-5);

fn contrast(case: &str) -> Contrast {
    match case {
        "ranking pairs" | "ranking triplets" | "ranking two negatives" => Contrast::RANKING,
        "ranking pairs scale 5" => Contrast::Ranking { scale: 5.0, both_ways: false },
        "ranking pairs symmetric" => Contrast::Ranking { scale: 20.0, both_ways: true },
        "cosine similarity" => Contrast::Cosine,
        "triplet" => Contrast::TRIPLET,
        other => panic!("no loss for the case {other}"),
    }
}

fn leaf(rows: &[Vec<f32>], device: &Device) -> Tensor<2> {
    let shape = [rows.len(), rows[0].len()];
    Tensor::<2>::from_data(TensorData::new(rows.concat(), shape), device).require_grad()
}

fn contrasted(leaves: &[Tensor<2>], scores: Option<&[f32]>) -> Contrasted {
    Contrasted {
        anchors: leaves[0].clone(),
        positives: leaves[1].clone(),
        negatives: leaves[2..].to_vec(),
        scores: scores.unwrap_or_default().to_vec(),
        left_out: Vec::new(),
    }
}

async fn agrees(kind: DeviceKind) {
    let facts: Facts = support::json("contrastive.json");
    assert_eq!(Contrast::RANKING, Contrast::Ranking { scale: facts.scale, both_ways: false });
    assert_eq!(Contrast::TRIPLET, Contrast::Triplet { margin: facts.margin });
    assert_eq!(facts.cases.len(), 7);
    let device = open(kind).await.device.autodiff();
    for Case { name, embeddings, scores, loss, gradients } in facts.cases {
        let leaves: Vec<Tensor<2>> = embeddings.iter().map(|rows| leaf(rows, &device)).collect();
        let found = contrast(&name).loss(contrasted(&leaves, scores.as_deref()));
        assert_close(&name, &values(found.clone()).await, &[loss], CLOSE);
        let graph = found.backward();
        for (column, (leaf, gradient)) in leaves.iter().zip(gradients).enumerate() {
            let found = values(leaf.grad(&graph).expect("a gradient")).await;
            assert_close(&format!("{name}: gradient of column {column}"), &found, &gradient.concat(), CLOSE);
        }
    }
}

#[test]
fn losses_and_gradients_are_those_of_sentence_transformers() {
    block_on(agrees(DeviceKind::Cpu));
}

#[test]
fn losses_and_gradients_on_the_gpu() {
    on_a_gpu("Contrastive losses", || {
        block_on(agrees(DeviceKind::Gpu));
    });
}

#[test]
fn texts_that_are_alike_and_vectors_of_zeros_have_gradients_that_are_numbers() {
    let device = block_on(open(DeviceKind::Cpu)).device.autodiff();
    let rows = [vec![0.0, 0.0, 0.0], vec![1.0, -2.0, 0.5]];
    for contrast in [Contrast::RANKING, Contrast::Cosine, Contrast::TRIPLET] {
        let leaves: Vec<Tensor<2>> = (0..3).map(|_| leaf(&rows, &device)).collect();
        let loss = contrast.loss(contrasted(&leaves, Some(&[1.0, 0.0])));
        assert!(block_on(values(loss.clone())).iter().all(|value| value.is_finite()), "{contrast:?}");
        let graph = loss.backward();
        for gradient in leaves.iter().filter_map(|leaf| leaf.grad(&graph)) {
            assert!(block_on(values(gradient)).iter().all(|value| value.is_finite()), "{contrast:?}");
        }
    }
}

/// `−log softmax` of each anchor's own positive among the texts that are not left out, in f64.
fn by_definition(anchors: &[Vec<f32>], texts: &[Vec<f32>], left_out: &[bool]) -> f64 {
    let length = |a: &[f32]| a.iter().map(|&a| f64::from(a).powi(2)).sum::<f64>().sqrt();
    let cosine = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>() / (length(a) * length(b))
    };
    let of_anchor = |(row, anchor): (usize, &Vec<f32>)| {
        let kept = (0..texts.len()).filter(|&text| !left_out[row * texts.len() + text]);
        let sum: f64 = kept.map(|text| (20.0 * cosine(anchor, &texts[text])).exp()).sum();
        sum.ln() - 20.0 * cosine(anchor, &texts[row])
    };
    anchors.iter().enumerate().map(of_anchor).sum::<f64>() / anchors.len() as f64
}

#[test]
fn texts_that_are_left_out_count_for_nothing() {
    let facts: Facts = support::json("contrastive.json");
    let Case { embeddings, loss, .. } =
        facts.cases.into_iter().find(|case| case.name == "ranking triplets").expect("it");
    let device = block_on(open(DeviceKind::Cpu)).device.autodiff();
    let texts = [embeddings[1].clone(), embeddings[2].clone()].concat();
    let rows = embeddings[0].len();
    // The second anchor is not to be told from the first positive and the last negative.
    let out = [texts.len(), 2 * texts.len() - 1];
    let left_out: Vec<bool> = (0..rows * texts.len()).map(|place| out.contains(&place)).collect();
    let expected = by_definition(&embeddings[0], &texts, &left_out);
    assert!((expected - f64::from(loss)).abs() > 1e-3, "the two texts count otherwise");
    let leaves: Vec<Tensor<2>> = embeddings.iter().map(|rows| leaf(rows, &device)).collect();
    let found = Contrast::RANKING.loss(Contrasted { left_out, ..contrasted(&leaves, None) });
    assert_close("left out", &block_on(values(found.clone())), &[expected as f32], CLOSE);

    // The same, text by text, in an expression that has no such texts at all.
    let plain: Vec<Tensor<2>> = embeddings.iter().map(|rows| leaf(rows, &device)).collect();
    let scores = unit(plain[0].clone()).matmul(unit(Tensor::cat(plain[1..].to_vec(), 0)).transpose()) * 20.0;
    let of_anchor = |row: usize| {
        let kept = (0..texts.len()).filter(|text| !out.contains(&(row * texts.len() + text)));
        let of_text = |text: usize| scores.clone().slice([row..row + 1, text..text + 1]);
        let kept = Tensor::cat(kept.map(of_text).collect(), 1);
        kept.exp().sum().log() - of_text(row).sum()
    };
    let expected = Tensor::cat((0..rows).map(of_anchor).collect(), 0).mean();
    let graphs = [found.backward(), expected.backward()];
    for (column, (leaf, plain)) in leaves.iter().zip(&plain).enumerate() {
        let [found, expected] = [(leaf, &graphs[0]), (plain, &graphs[1])]
            .map(|(leaf, graph)| block_on(values(leaf.grad(graph).expect("a gradient"))));
        assert_close(&format!("left out: gradient of column {column}"), &found, &expected, CLOSE);
    }
}

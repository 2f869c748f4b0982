//! AdamW where all parameters that learn lie in one array on a GPU, or in as few as its limits allow, and gradients and
//! moments in others like them: a step is a handful of dispatches, whatever the model. The table of words lies by itself,
//! since a batch has gradients for few of its rows.

mod kept;

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Gradients, IndexingUpdateOp, Int, Tensor, TensorData};

use super::Rule;
use crate::data::Batch;
use crate::device::Compute;
use crate::kernel::{BLOCK, FlatParameters, LateTable, Pace, Spot, Update, copied};
use crate::model::{DeviceBatch, Model, ModulePath};
use crate::train::gradients::Norm;

/// The state of all parameters.
#[derive(Debug)]
pub struct OnDevice {
    flat: FlatParameters,
    spans: HashMap<ParamId, Span>,
    /// Values of each array.
    sizes: Vec<usize>,
    table: Option<Table>,
    compute: Compute,
}

/// Where a parameter lies, and how it moves.
#[derive(Debug, Clone, Copy)]
struct Span {
    spot: Spot,
    size: usize,
    pace: Pace,
    /// Whether the last step had a gradient of it.
    moves: bool,
}

/// A table whose gradients come by rows.
#[derive(Debug)]
struct Table {
    id: ParamId,
    /// V and E.
    shape: [usize; 2],
    pace: Pace,
    state: LateTable,
    /// Rows and their gradients, of each batch of the step that is under way.
    gradients: Vec<(Vec<usize>, Tensor<2>)>,
}

impl OnDevice {
    /// Moves the parameters of a model that learn into arrays; the model's own then are parts of them.
    pub fn place(model: Model, rule: &Rule, compute: &Compute) -> (Model, Self) {
        let by_rows = model.learns_by_rows();
        let mut plan = Plan {
            rule,
            by_rows,
            path: ModulePath::default(),
            spans: HashMap::new(),
            sizes: vec![0],
            longest: compute.longest_array.map_or(usize::MAX, values_in),
            table: None,
        };
        model.visit(&mut plan);
        let Plan { spans, sizes, table, .. } = plan;
        let sizes: Vec<usize> = sizes.into_iter().map(|size| size.max(BLOCK)).collect();
        let mut state = Self {
            flat: FlatParameters::new(&sizes, &compute.device),
            spans,
            sizes,
            table: None,
            compute: compute.clone(),
        };
        let model = model.map(&mut Place { state: &mut state, table });
        (model, state)
    }

    /// Memory that moments take, and what is noted of rows, in bytes.
    pub fn bytes(&self) -> usize {
        let flat = if self.spans.is_empty() { 0 } else { self.flat.moment_bytes() };
        flat + self.table.as_ref().map_or(0, |table| table.state.bytes())
    }

    /// Brings the rows that a batch looks up, or all of them, to where the steps so far leave them.
    pub fn catch_up(&mut self, batch: Option<&Batch>) {
        let rows: Option<Vec<usize>> = batch.map(|batch| batch.ids.iter().map(|&id| id as usize).collect());
        if let Some(table) = &mut self.table {
            table.state.catch_up(rows.as_deref());
        }
    }

    /// Adds the gradients of a batch's loss; returns those of what is no parameter.
    pub fn backward(&mut self, model: &Model, batch: &DeviceBatch, loss: Tensor<1>) -> Gradients {
        let mut gradients = self.flat.gather(|| loss.backward());
        model.visit(&mut Collect { state: self, batch, gradients: &mut gradients });
        gradients
    }

    /// Moves all parameters in place.
    pub fn step(&mut self, rule: &Rule, update: Update) -> Norm {
        self.set_paces();
        let rows = self.table.as_mut().and_then(Table::take_gradients);
        let norm =
            self.flat.norm(rows.as_ref().map(|(_, gradients)| gradients), rule.max_grad_norm, &self.compute.device);
        self.flat.update(&norm, &update);
        if let (Some(table), Some((rows, gradients))) = (&mut self.table, rows) {
            let Pace { factor, weight_decay } = table.pace;
            let update = Update { learning_rate: update.learning_rate * factor, weight_decay, ..update };
            table.state.step(&rows, &gradients, &norm, &update);
        }
        Norm::Device(norm)
    }

    /// A parameter without a gradient stays as it is, weight decay included, as in PyTorch. Which ones that are hardly ever
    /// changes after the first step.
    fn set_paces(&mut self) {
        let mut changed = false;
        for span in self.spans.values_mut() {
            let moves = self.flat.has_gradient(span.spot);
            if span.moves && !moves {
                self.flat.clear_gradient(span.spot, span.size, &self.compute.device);
            }
            changed |= span.moves != moves;
            span.moves = moves;
        }
        if changed {
            let mut paces: Vec<_> = self.sizes.iter().map(|size| vec![None; size / BLOCK]).collect();
            for Span { spot, size, pace, .. } in self.spans.values().filter(|span| span.moves) {
                paces[spot.array][spot.first / BLOCK..(spot.first + size).div_ceil(BLOCK)].fill(Some(*pace));
            }
            paces.iter().enumerate().for_each(|(array, paces)| self.flat.set_paces(array, paces));
        }
    }
}

impl Table {
    /// The step's rows, each once, and their gradients; `None` if there are none.
    fn take_gradients(&mut self) -> Option<(Vec<usize>, Tensor<2>)> {
        let mut batches = std::mem::take(&mut self.gradients);
        if batches.len() < 2 {
            return batches.pop();
        }
        let mut all: Vec<usize> = batches.iter().flat_map(|(ids, _)| ids.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        let device = batches[0].1.device();
        let mut sum = Tensor::<2>::zeros([all.len(), self.shape[1]], &device);
        for (ids, gradients) in batches {
            // Every row is among all, so that each search finds its place.
            let places: Vec<i32> = ids.iter().map(|id| all.binary_search(id).unwrap_or_else(|at| at) as i32).collect();
            let size = places.len();
            let places = Tensor::<1, Int>::from_data(TensorData::new(places, [size]), &device);
            sum = sum.select_assign(0, places, gradients, IndexingUpdateOp::Add);
        }
        Some((all, sum))
    }
}

/// As many values as so many bytes hold; a limit may be beyond what WebAssembly can count.
fn values_in(bytes: u64) -> usize {
    usize::try_from(bytes / size_of::<f32>() as u64).unwrap_or(usize::MAX)
}

/// The model with all that learns in arrays of its own.
pub fn snapshot(model: &Model) -> Model {
    model.valid().map(&mut Copy)
}

struct Copy;

impl ModuleMapper for Copy {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|values| copied(&values))
    }
}

/// The walk that gives each parameter its place.
struct Plan<'a> {
    rule: &'a Rule,
    by_rows: Option<ParamId>,
    path: ModulePath,
    spans: HashMap<ParamId, Span>,
    /// Values of each array so far.
    sizes: Vec<usize>,
    /// As many as one can hold.
    longest: usize,
    table: Option<Pace>,
}

impl ModuleVisitor for Plan<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !param.is_require_grad() {
            return;
        }
        let (factor, weight_decay) = self.rule.pace(&self.path.dotted());
        let pace = Pace { factor, weight_decay };
        if self.by_rows == Some(param.id) {
            self.table = Some(pace);
            return;
        }
        let size = param.lazy_shape().num_elements();
        let room = size.next_multiple_of(BLOCK);
        if self.sizes.last().is_some_and(|&end| end > 0 && end + room > self.longest) {
            self.sizes.push(0);
        }
        let array = self.sizes.len() - 1;
        self.spans.insert(param.id, Span { spot: Spot { array, first: self.sizes[array] }, size, pace, moves: false });
        self.sizes[array] += room;
    }
}

/// The walk that moves them there.
struct Place<'a> {
    state: &'a mut OnDevice,
    table: Option<Pace>,
}

impl ModuleMapper for Place<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let span = self.state.spans.get(&param.id).copied();
        if span.is_none() && !param.is_require_grad() {
            return param;
        }
        let (id, tensor, mapper) = param.consume();
        let values = tensor.inner();
        let placed = match (span, self.table) {
            (Some(span), _) => self.state.flat.place(span.spot, &values),
            (None, Some(pace)) => {
                // A copy, since whoever else holds the table does not want it changed.
                let own = copied(&values);
                let table = own.clone().reshape([own.dims()[0] as i32, -1]);
                let (shape, state) = (table.dims(), LateTable::new(&table));
                self.state.table = Some(Table { id, shape, pace, state, gradients: Vec::new() });
                own
            }
            (None, None) => unreachable!("what learns has a place"),
        };
        Param::from_mapped_value(id, Tensor::from_inner(placed).require_grad(), mapper)
    }
}

/// The walk that looks after gradients which no kernel put to their places.
struct Collect<'a> {
    state: &'a mut OnDevice,
    batch: &'a DeviceBatch,
    gradients: &'a mut Gradients,
}

impl ModuleVisitor for Collect<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(table) = self.state.table.as_mut().filter(|table| table.id == param.id) {
            let words = self.batch.words.as_ref().filter(|words| words.table == param.id);
            if let Some((words, gradient)) =
                words.and_then(|words| Some((words, words.rows.grad_remove(self.gradients)?)))
            {
                table.gradients.push((words.ids.clone(), gradient));
            }
            return;
        }
        let Some(span) = self.state.spans.get(&param.id) else { return };
        if let Some(gradient) = param.val().grad_remove(self.gradients) {
            self.state.flat.add_gradient(span.spot, &gradient);
        }
    }
}

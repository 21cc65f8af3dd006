//! Runs a network.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueView};
use rten_onnx::onnx::ModelProto;

use super::values::error;
use crate::extraction::{ExtractionError, ModelError};

/// A network that is ready to run. Threads share it.
pub(in crate::extraction) struct OnnxNetwork {
    model: Model,
    input: NodeId,
    outputs: Vec<NodeId>,
    /// Pools of one thread that no run uses now. A thread keeps the memory that its runs gave back: with new threads
    /// for each run, a process would hold that of many.
    idle: Mutex<Vec<Arc<ThreadPool>>>,
}

impl OnnxNetwork {
    pub(super) fn load(model: &ModelProto, input: &str, outputs: &[&str]) -> Result<Self, ModelError> {
        let graph = |problem: String| ModelError::Graph { problem };
        let bytes = model.write_buf().map_err(|error| graph(error.to_string()))?;
        // Optimising would run constant parts in the runtime's own pool of as many threads as the machine has cores.
        let mut options = ModelOptions::with_all_ops();
        options.enable_optimization(false);
        let load = || options.load(bytes).map_err(|error| error.to_string());
        let model = caught(load).map_err(graph)?;
        let node = |name: &str| model.find_node(name).ok_or_else(|| error(name, "an input or output"));
        let outputs = outputs.iter().map(|name| node(name)).collect::<Result<_, _>>()?;
        Ok(Self { input: node(input)?, outputs, model, idle: Mutex::default() })
    }

    /// Computes the numbers of the outputs, in the order in which they were named.
    ///
    /// The work is done by the only thread of a pool, while the caller's waits: callers run as many networks at once as
    /// they have threads, and no more. In a pool of the caller's, a waiting thread would
    /// begin another picture, and its memory would be needed at the same time.
    pub(in crate::extraction) fn run(
        &self,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Vec<Vec<f32>>, ExtractionError> {
        let idle = self.idle.lock().pop();
        let pool = idle.unwrap_or_else(|| Arc::new(ThreadPool::with_num_threads(1)));
        let run = || {
            let input = ValueView::from_shape(shape, values).map_err(|error| error.to_string())?;
            let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
            let outputs = self.model.run(vec![(self.input, input.into())], &self.outputs, Some(options));
            outputs.map_err(|error| error.to_string())?.into_iter().map(numbers).collect()
        };
        let outside = || {
            thread::scope(|scope| {
                let spawned = thread::Builder::new().spawn_scoped(scope, || caught(run));
                let joined = spawned.map_err(|error| error.to_string())?.join();
                joined.unwrap_or_else(|_| Err(PANIC.to_owned()))
            })
        };
        let outputs = outside().map_err(|problem| ExtractionError::Network { problem })?;
        self.idle.lock().push(pool);
        Ok(outputs)
    }
}

const PANIC: &str = "the runtime gave up";

/// The runtime trusts the graph in places: a network of a stranger ends its run, not the process.
fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(PANIC.to_owned()))
}

fn numbers(value: Value) -> Result<Vec<f32>, String> {
    let Value::FloatTensor(tensor) = value else {
        return Err("an output is not of single-precision numbers".to_owned());
    };
    Ok(tensor.into_data())
}

//! Batch normalisations that follow a convolution. A convolution with other weights does both, in one pass.

use std::collections::BTreeMap;

use rten_onnx::onnx::{GraphProto, NodeProto, TensorProto};

use super::blocks::attribute;
use super::graph;
use super::values::{count, dimensions, error, floats};
use crate::extraction::ModelError;

/// What is added to a variance where a node does not say it.
const EPSILON: f32 = 1e-5;

/// A convolution and the normalisation that alone reads it.
struct Pair {
    convolution: usize,
    normalisation: usize,
}

/// Multiplies each `BatchNormalization` into the constants of the `Conv` that it alone reads. The numbers that the
/// network gives change in the last digits.
pub(super) fn fold_normalisations(graph: &mut GraphProto) -> Result<(), ModelError> {
    let mut folded = vec![false; graph.node.len()];
    for pair in pairs(graph) {
        fold(graph, &pair)?;
        folded[pair.normalisation] = true;
    }
    let mut folded = folded.into_iter();
    graph.node.retain(|_| !folded.next().unwrap_or_default());
    let read = readers(graph);
    graph.initializer.retain(|tensor| tensor.name.as_ref().is_none_or(|name| read.contains_key(name)));
    Ok(())
}

/// The pairs whose constants nothing else reads.
fn pairs(graph: &GraphProto) -> Vec<Pair> {
    let readers = readers(graph);
    let is_own = |name: &String| {
        let is_constant = graph.initializer.iter().any(|tensor| tensor.name.as_ref() == Some(name));
        is_constant && readers.get(name) == Some(&1)
    };
    let convolutions: BTreeMap<&String, usize> = graph
        .node
        .iter()
        .enumerate()
        .filter(|(_, node)| is_a(node, "Conv") && node.input.iter().skip(1).all(is_own))
        .filter_map(|(at, node)| Some((node.output.first()?, at)))
        .collect();
    let pair = |(normalisation, node): (usize, &NodeProto)| {
        let [read, constants @ ..] = node.input.as_slice() else { return None };
        let convolution = *convolutions.get(read)?;
        let is_alone = readers.get(read) == Some(&1) && constants.len() == 4 && constants.iter().all(is_own);
        (is_a(node, "BatchNormalization") && node.output.len() == 1 && is_alone)
            .then_some(Pair { convolution, normalisation })
    };
    graph.node.iter().enumerate().filter_map(pair).collect()
}

/// How many nodes and outputs read each value.
fn readers(graph: &GraphProto) -> BTreeMap<String, usize> {
    let outputs = graph.output.iter().filter_map(|output| output.name.clone());
    let mut readers = BTreeMap::new();
    for name in graph.node.iter().flat_map(|node| node.input.iter().cloned()).chain(outputs) {
        *readers.entry(name).or_default() += 1;
    }
    readers
}

fn is_a(node: &NodeProto, operator: &str) -> bool {
    node.op_type.as_deref() == Some(operator)
}

fn fold(graph: &mut GraphProto, pair: &Pair) -> Result<(), ModelError> {
    let normalisation = &graph.node[pair.normalisation];
    let convolution = &graph.node[pair.convolution];
    let output = normalisation.output.clone();
    let [_, scale, shift, mean, variance] = normalisation.input.as_slice() else { return Ok(()) };
    let [_, weights_name, ..] = convolution.input.as_slice() else { return Ok(()) };
    let (shape, mut weights) = constant(graph, weights_name)?;
    let channels = shape.first().copied().unwrap_or_default();
    let each = |name: &String| match constant(graph, name)? {
        (_, numbers) if numbers.len() == channels => Ok(numbers),
        (_, numbers) => Err(error(name, format!("{channels} numbers, not {}", numbers.len()))),
    };
    let added = match convolution.input.get(2) {
        Some(bias) => each(bias)?,
        None => vec![0.0; channels],
    };
    if channels == 0 || count(&shape) != Some(weights.len()) {
        return Err(error(weights_name, "as many numbers as its sides say"));
    }
    let epsilon = attribute(normalisation, "epsilon").and_then(|attribute| attribute.f);
    let epsilon = f64::from(epsilon.unwrap_or(EPSILON));
    let (scale, shifts, mean, variance) = (each(scale)?, each(shift)?, each(mean)?, each(variance)?);
    let size = weights.len() / channels;
    let mut bias = Vec::with_capacity(channels);
    for (channel, weights) in weights.chunks_exact_mut(size).enumerate() {
        let factor = f64::from(scale[channel]) / (f64::from(variance[channel]) + epsilon).sqrt();
        for weight in weights {
            *weight = (f64::from(*weight) * factor) as f32;
        }
        let added = f64::from(added[channel]) - f64::from(mean[channel]);
        bias.push((added * factor + f64::from(shifts[channel])) as f32);
    }
    let (weights_name, shift) = (weights_name.clone(), shift.clone());
    replace(graph, graph::tensor(&weights_name, &shape, &weights));
    replace(graph, graph::tensor(&shift, &[channels], &bias));
    let convolution = &mut graph.node[pair.convolution];
    convolution.input.truncate(2);
    convolution.input.push(shift);
    convolution.output = output;
    Ok(())
}

fn constant(graph: &GraphProto, name: &str) -> Result<(Vec<usize>, Vec<f32>), ModelError> {
    let tensor = graph.initializer.iter().find(|tensor| tensor.name.as_deref() == Some(name));
    let tensor = tensor.ok_or_else(|| error(name, "a constant"))?;
    Ok((dimensions(tensor)?, floats(tensor)?))
}

fn replace(graph: &mut GraphProto, tensor: TensorProto) {
    graph.initializer.retain(|old| old.name != tensor.name);
    graph.initializer.push(tensor);
}

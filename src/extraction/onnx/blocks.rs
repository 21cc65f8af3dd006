//! Constants of bytes that share a scale by blocks, as the quantised files of model collections have them. The runtime
//! computes with numbers, so they become numbers when a file is read.

use std::collections::{BTreeMap, BTreeSet};

use rten_onnx::onnx::{AttributeProto, GraphProto, NodeProto, TensorProto};

use super::graph;
use super::values::{count, dimensions, error, floats, small_numbers, whole_numbers};
use crate::extraction::ModelError;

/// Replaces each `DequantizeLinear` of constants by blocks, and a `Reshape` of what it gives, by a constant.
pub(super) fn make_numbers(graph: &mut GraphProto) -> Result<(), ModelError> {
    let constants: BTreeMap<&str, &TensorProto> =
        graph.initializer.iter().filter_map(|tensor| Some((tensor.name.as_deref()?, tensor))).collect();
    let mut made: BTreeMap<&str, (Vec<usize>, Vec<f32>)> = BTreeMap::new();
    let (mut replaced, mut read) = (BTreeSet::new(), BTreeSet::new());
    for (at, node) in graph.node.iter().enumerate() {
        let [output] = node.output.as_slice() else { continue };
        let value = match node.op_type.as_deref() {
            Some("DequantizeLinear") if attribute(node, "block_size").is_some() => {
                let inputs: Option<Vec<&TensorProto>> =
                    node.input.iter().map(|name| constants.get(name.as_str()).copied()).collect();
                let Some(inputs) = inputs else { continue };
                read.extend(node.input.iter().cloned());
                of_blocks(node, &inputs)?
            }
            Some("Reshape") => {
                let [from, shape] = node.input.as_slice() else { continue };
                let Some(value) = made.get(from.as_str()) else { continue };
                let Some(shape) = constants.get(shape.as_str()) else { continue };
                read.insert(from.clone());
                (whole_numbers(shape)?, value.1.clone())
            }
            _ => continue,
        };
        if count(&value.0) != Some(value.1.len()) {
            return Err(error(output, format!("a shape of {} numbers, not {:?}", value.1.len(), value.0)));
        }
        made.insert(output, value);
        replaced.insert(at);
    }
    // What nothing else reads goes, so that no file is twice in memory.
    let is_left = |(at, _): &(usize, &NodeProto)| !replaced.contains(at);
    let left = graph.node.iter().enumerate().filter(is_left).flat_map(|(_, node)| &node.input);
    let outputs = graph.output.iter().filter_map(|output| output.name.as_ref());
    let needed: BTreeSet<String> = left.chain(outputs).cloned().collect();
    let numbers: Vec<TensorProto> = made
        .into_iter()
        .filter(|(name, _)| needed.contains(*name))
        .map(|(name, (shape, values))| graph::tensor(name, &shape, &values))
        .collect();
    let is_needed = |name: &str| needed.contains(name) || !read.contains(name);
    graph.initializer.retain(|tensor| tensor.name.as_deref().is_none_or(is_needed));
    graph.initializer.extend(numbers);
    let mut at = 0;
    graph.node.retain(|_| {
        at += 1;
        !replaced.contains(&(at - 1))
    });
    Ok(())
}

pub(super) fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
}

/// `(byte - zero point) x scale`, where a block of bytes along an axis has one of both.
fn of_blocks(node: &NodeProto, inputs: &[&TensorProto]) -> Result<(Vec<usize>, Vec<f32>), ModelError> {
    let name = node.input.first().map(String::as_str).unwrap_or_default();
    let number = |name: &str| attribute(node, name).and_then(|attribute| attribute.i);
    let (bytes, scale, zero) = match inputs {
        [bytes, scale] => (bytes, scale, None),
        [bytes, scale, zero] => (bytes, scale, Some(zero)),
        _ => return Err(error(name, "bytes, scales and perhaps zero points")),
    };
    let shape = dimensions(bytes)?;
    let axis = match number("axis").unwrap_or(1) {
        axis if axis < 0 => usize::try_from(axis + shape.len() as i64),
        axis => usize::try_from(axis),
    };
    let axis =
        axis.ok().filter(|&axis| axis < shape.len()).ok_or_else(|| error(name, "an axis that it has"))?;
    let block = number("block_size").and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    let block = block.ok_or_else(|| error(name, "blocks of at least one byte"))?;
    let blocks = shape[axis].div_ceil(block);
    let mut of_scales = shape.clone();
    of_scales[axis] = blocks;
    let (values, scales) = (small_numbers(bytes)?, floats(scale)?);
    let zeros = zero.map(|zero| small_numbers(zero)).transpose()?;
    let fits = count(&shape) == Some(values.len())
        && count(&of_scales) == Some(scales.len())
        && dimensions(scale)? == of_scales
        && zeros.as_ref().is_none_or(|zeros| zeros.len() == scales.len());
    if !fits {
        return Err(error(name, format!("a scale for each {block} bytes along axis {axis} of {shape:?}")));
    }
    let (length, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    let number = |(at, &value): (usize, &i16)| {
        let (outer, along, inside) = (at / (length * inner), at / inner % length, at % inner);
        let of = (outer * blocks + along / block) * inner + inside;
        f32::from(value - zeros.as_ref().map_or(0, |zeros| zeros[of])) * scales[of]
    };
    let numbers = values.iter().enumerate().map(number).collect();
    Ok((shape, numbers))
}

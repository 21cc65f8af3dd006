//! An ONNX file: its tensors by name, and the network that it describes.

use rten_onnx::onnx::{Dimension, GraphProto, ModelProto, OperatorSetIdProto, TensorProto};

use super::runner::OnnxNetwork;
use super::values::{dimensions, error, floats};
use super::{blocks, folding, wire};
use crate::extraction::ModelError;

/// A file whose bytes were checked, and whose graph was not.
pub(in crate::extraction) struct OnnxFile {
    graph: GraphProto,
    version: Option<i64>,
    operators: Vec<OperatorSetIdProto>,
}

impl OnnxFile {
    /// Reads a file. The caller knows the bytes by their digest, or trusts who brought them: a graph of hostile
    /// operators can ask for any amount of time and memory when it runs.
    pub(in crate::extraction) fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        wire::check(bytes)?;
        let not_onnx = |expected| ModelError::NotOnnx { offset: 0, expected };
        let model = ModelProto::parse_buf(bytes).map_err(|_| not_onnx("a model"))?;
        let graph = model.graph.ok_or_else(|| not_onnx("a model with a graph"))?;
        Ok(Self { graph, version: model.ir_version, operators: model.opset_import })
    }

    /// The numbers of a constant of this shape.
    pub(in crate::extraction) fn tensor(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let expected = || format!("single-precision numbers of shape {shape:?}");
        let tensor =
            self.constant(name).filter(|tensor| dimensions(tensor).is_ok_and(|found| found == shape));
        let values = tensor.ok_or_else(|| error(name, expected())).and_then(floats)?;
        if values.len() == shape.iter().product::<usize>() {
            Ok(values)
        } else {
            Err(error(name, expected()))
        }
    }

    /// The name of what a node reads at a place.
    pub(in crate::extraction) fn input_of(&self, node: &str, place: usize) -> Result<&str, ModelError> {
        let found = self.graph.node.iter().find(|found| found.name.as_deref() == Some(node));
        let name = found.and_then(|node| node.input.get(place));
        name.map(String::as_str).ok_or_else(|| error(node, format!("a node with an input {place}")))
    }

    /// Makes operators that the runtime does not have into such that it has, or has faster: constants of blocks of
    /// bytes into numbers, convolutions with a normalisation into convolutions, and what only trains into nothing.
    pub(in crate::extraction) fn simplify(&mut self) -> Result<(), ModelError> {
        blocks::make_numbers(&mut self.graph)?;
        folding::fold_normalisations(&mut self.graph)?;
        for node in &mut self.graph.node {
            if node.op_type.as_deref() == Some("Dropout") && node.input.len() < 3 {
                node.op_type = Some("Identity".to_owned());
                node.input.truncate(1);
                node.output.truncate(1);
                node.attribute.clear();
            }
        }
        Ok(())
    }

    /// Gives an input other sides, `None` for those of any length. Of all other values the file no longer says any.
    pub(in crate::extraction) fn set_input_shape(
        &mut self,
        input: &str,
        shape: &[Option<usize>],
    ) -> Result<(), ModelError> {
        let found = self.graph.input.iter_mut().find(|found| found.name.as_deref() == Some(input));
        let kind = found.and_then(|found| found.r#type.as_mut()?.tensor_type.as_mut());
        let kind = kind.ok_or_else(|| error(input, "an input that is a tensor".to_owned()))?;
        let dimension =
            |length: &Option<usize>| Dimension { dim_value: length.map(|it| it as i64), dim_param: None };
        kind.shape.get_or_insert_default().dim = shape.iter().map(dimension).collect();
        self.graph.value_info.clear();
        for output in &mut self.graph.output {
            let kind = output.r#type.as_mut().and_then(|kind| kind.tensor_type.as_mut());
            if let Some(kind) = kind {
                kind.shape = None;
            }
        }
        Ok(())
    }

    /// The network that computes these outputs from this input.
    pub(in crate::extraction) fn into_network(
        self,
        input: &str,
        outputs: &[&str],
    ) -> Result<OnnxNetwork, ModelError> {
        let model = ModelProto {
            ir_version: self.version,
            graph: Some(self.graph),
            opset_import: self.operators,
            ..ModelProto::default()
        };
        OnnxNetwork::load(&model, input, outputs)
    }

    fn constant(&self, name: &str) -> Option<&TensorProto> {
        self.graph.initializer.iter().find(|tensor| tensor.name.as_deref() == Some(name))
    }
}

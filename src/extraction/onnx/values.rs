//! What the tensors of a file hold.

use rten_onnx::onnx::{DataType, TensorProto};

use crate::extraction::ModelError;

/// An error that names a tensor.
pub(super) fn error(name: &str, expected: impl Into<String>) -> ModelError {
    ModelError::Tensor { name: name.to_owned(), expected: expected.into() }
}

/// The lengths of a tensor's sides. Their product is not checked.
pub(super) fn dimensions(tensor: &TensorProto) -> Result<Vec<usize>, ModelError> {
    let lengths = tensor.dims.iter().map(|&length| usize::try_from(length).ok());
    let name = tensor.name.as_deref().unwrap_or_default();
    lengths.collect::<Option<_>>().ok_or_else(|| error(name, "sides of at least no length"))
}

/// How many numbers a shape has, if that can be counted.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |all, &side| all.checked_mul(side))
}

/// The numbers of a tensor of them.
pub(super) fn floats(tensor: &TensorProto) -> Result<Vec<f32>, ModelError> {
    let name = tensor.name.as_deref().unwrap_or_default();
    if tensor.data_type != Some(DataType::FLOAT) {
        return Err(error(name, "single-precision numbers"));
    }
    let Some(raw) = &tensor.raw_data else { return Ok(tensor.float_data.clone()) };
    let raw = raw.borrow();
    let (values, rest) = raw.as_chunks();
    if !rest.is_empty() {
        return Err(error(name, "single-precision numbers, four bytes each"));
    }
    Ok(values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
}

/// Bytes, with or without a sign.
pub(super) fn small_numbers(tensor: &TensorProto) -> Result<Vec<i16>, ModelError> {
    let expected = || error(tensor.name.as_deref().unwrap_or_default(), "bytes");
    let raw = tensor.raw_data.as_ref().ok_or_else(expected)?.borrow();
    match tensor.data_type {
        Some(DataType::INT8) => Ok(raw.iter().map(|&byte| i16::from(byte.cast_signed())).collect()),
        Some(DataType::UINT8) => Ok(raw.iter().map(|&byte| i16::from(byte)).collect()),
        _ => Err(expected()),
    }
}

/// The sides that a tensor lists.
pub(super) fn whole_numbers(tensor: &TensorProto) -> Result<Vec<usize>, ModelError> {
    let expected = || error(tensor.name.as_deref().unwrap_or_default(), "sides, all of them given");
    let listed = match &tensor.raw_data {
        Some(raw) => raw.borrow().as_chunks().0.iter().map(|&bytes| i64::from_le_bytes(bytes)).collect(),
        None => tensor.int64_data.clone(),
    };
    let sides = listed.into_iter().map(|side| usize::try_from(side).ok()).collect::<Option<_>>();
    sides.filter(|_| tensor.data_type == Some(DataType::INT64)).ok_or_else(expected)
}

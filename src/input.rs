//! Opening of input files: regular files only, within a size limit.
//!
//! Reading a named pipe, a device or a socket in place of a file could block for ever. Every input file of this
//! crate and of the `biomatch` program is opened here.

use std::fmt;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::escape::Escaped;
use crate::text::{self, ForeignEncoding, TextReader};

/// Most bytes of a calibration table, a code model or a normaliser.
pub const MAX_MODEL: u64 = 256 << 20;

/// Most bytes of a list that is read into memory: subjects, sub-galleries, progress files.
pub const MAX_LIST: u64 = 4 << 30;

/// Most bytes of embeddings that are read into memory: 33 million of 512 single-precision numbers.
pub const MAX_EMBEDDINGS: u64 = 64 << 30;

/// Most bytes of a file that is read row by row: manifests, probe lists, score files, pairs, truth.
pub const MAX_TABLE: u64 = 1 << 40;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", Escaped::new(file))]
pub struct InputError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: InputProblem,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputProblem {
    /// An I/O error.
    #[error(transparent)]
    Io(io::Error),
    /// Not a regular file. It was not opened.
    #[error("is {kind}, not a regular file")]
    NotRegular {
        /// What it is.
        kind: FileKind,
    },
    /// More bytes than such a file may have. Nothing was read.
    #[error("has {found} bytes, at most {limit} are read")]
    TooLarge {
        /// Bytes found.
        found: u64,
        /// Most bytes.
        limit: u64,
    },
    /// Bytes that are not UTF-8, where text is expected.
    #[error("byte {offset}: the text is not UTF-8")]
    NotText {
        /// The first such byte.
        offset: usize,
    },
    /// UTF-16 or UTF-32, where UTF-8 is expected.
    #[error(transparent)]
    Encoding(ForeignEncoding),
}

impl From<io::Error> for InputProblem {
    /// Also of a [`TextReader`], whose error may hold the encoding that it found.
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(encoding) => Self::Encoding(*encoding),
            None => Self::Io(error),
        }
    }
}

/// What a file is that is not a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// A terminal, `/dev/zero` and their like.
    CharacterDevice,
    /// A disk.
    BlockDevice,
    /// A socket.
    Socket,
    /// None of these.
    Other,
}

impl FileKind {
    /// What a file is; `None` for a regular one.
    fn of(file: FileType) -> Option<Self> {
        if file.is_file() {
            return None;
        }
        if file.is_dir() {
            return Some(Self::Directory);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            let kinds = [
                (file.is_fifo(), Self::Fifo),
                (file.is_char_device(), Self::CharacterDevice),
                (file.is_block_device(), Self::BlockDevice),
                (file.is_socket(), Self::Socket),
            ];
            if let Some((_, kind)) = kinds.into_iter().find(|(is_it, _)| *is_it) {
                return Some(kind);
            }
        }
        Some(Self::Other)
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "a directory",
            Self::Fifo => "a named pipe (FIFO)",
            Self::CharacterDevice => "a character device",
            Self::BlockDevice => "a block device",
            Self::Socket => "a socket",
            Self::Other => "a special file",
        })
    }
}

/// Opens a regular file, or a symbolic link to one, for reading. Never blocks.
///
/// # Errors
/// An I/O error, a file that is not regular, more than `limit` bytes.
pub fn open(file: &Path, limit: u64) -> Result<File, InputError> {
    open_with(file, OpenOptions::new().read(true), limit).map_err(|problem| within(file, problem))
}

/// Opens a regular file for reading and writing, and creates it if it is missing. Keeps its contents.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(file: &Path, limit: u64) -> Result<File, InputError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    open_with(file, &mut options, limit).map_err(|problem| within(file, problem))
}

/// Reads all bytes of a regular file.
///
/// # Errors
/// As [`open`]. A file that grows beyond the limit while it is read is too large, too.
pub fn read(file: &Path, limit: u64) -> Result<Vec<u8>, InputError> {
    open(file, limit).and_then(|opened| read_whole(opened, limit).map_err(|problem| within(file, problem)))
}

/// Opens a regular file of comma-separated text, to be read by the rule of [`text`]. Fields in quotation marks stay
/// as they are.
///
/// # Errors
/// As [`open`]. UTF-16 and UTF-32 are errors of the first read.
pub fn open_table(file: &Path, limit: u64) -> Result<TextReader<File>, InputError> {
    open(file, limit).map(TextReader::csv)
}

/// Reads a regular file of UTF-8 text, without its byte order mark and with `\n` at the end of each line.
///
/// # Errors
/// As [`read`], and bytes that are not UTF-8.
pub fn read_text(file: &Path, limit: u64) -> Result<String, InputError> {
    let bytes = read(file, limit)?;
    let marked = bytes.len();
    let plain =
        text::without_mark(&bytes).map_err(|encoding| within(file, InputProblem::Encoding(encoding)))?;
    let mark = marked - plain.len();
    let decoded = match str::from_utf8(plain) {
        Ok(decoded) => decoded.to_owned(),
        Err(error) => {
            let offset = mark + error.valid_up_to();
            return Err(within(file, InputProblem::NotText { offset }));
        }
    };
    Ok(text::with_plain_line_ends(decoded))
}

fn within(file: &Path, problem: InputProblem) -> InputError {
    InputError { file: file.to_owned(), problem }
}

fn open_with(path: &Path, options: &mut OpenOptions, limit: u64) -> Result<File, InputProblem> {
    // Checked before opening: opening alone has effects on a pipe and on many devices.
    match path.metadata() {
        Ok(found) => check(&found, limit)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // The file can be replaced after the check: opening a pipe must not block then, and a terminal must not
        // become the controlling one.
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    let file = options.open(path)?;
    check(&file.metadata()?, limit)?;
    Ok(file)
}

fn check(found: &Metadata, limit: u64) -> Result<(), InputProblem> {
    match FileKind::of(found.file_type()) {
        Some(kind) => Err(InputProblem::NotRegular { kind }),
        None if found.len() > limit => Err(InputProblem::TooLarge { found: found.len(), limit }),
        None => Ok(()),
    }
}

fn read_whole(file: File, limit: u64) -> Result<Vec<u8>, InputProblem> {
    let mut bytes = Vec::new();
    let length = file.metadata()?.len().min(limit);
    bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX)).map_err(io::Error::from)?;
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    let found = bytes.len() as u64;
    if found > limit { Err(InputProblem::TooLarge { found, limit }) } else { Ok(bytes) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn problem<T: fmt::Debug>(result: Result<T, InputError>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {}", error.file.display(), error.problem));
        error.problem.to_string()
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::write(at("file"), "text").unwrap();
        for (name, target) in [("to_fifo", "fifo"), ("to_null", "/dev/null"), ("to_file", "file")] {
            symlink(target, at(name)).unwrap();
        }
        symlink("circle", at("circle")).unwrap();
        for (name, expected) in [
            ("fifo", FileKind::Fifo),
            ("to_fifo", FileKind::Fifo),
            ("socket", FileKind::Socket),
            ("folder", FileKind::Directory),
            ("to_null", FileKind::CharacterDevice),
        ] {
            for result in [open(&at(name), 10), open_or_create(&at(name), 10)] {
                let error = result.unwrap_err();
                assert_eq!(error.file, at(name));
                assert!(
                    matches!(error.problem, InputProblem::NotRegular { kind } if kind == expected),
                    "{error}"
                );
            }
            assert_eq!(problem(read(&at(name), 10)), format!("is {expected}, not a regular file"));
        }
        for name in ["nowhere", "circle", "file/inside"] {
            assert!(matches!(open(&at(name), 10).unwrap_err().problem, InputProblem::Io(_)), "{name}");
        }
        assert_eq!(read(&at("to_file"), 4).unwrap(), b"text");
    }

    #[test]
    fn sizes_are_limited_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, [0xc3, 0xa9, 0xff]).unwrap();
        assert_eq!(read(&file, 3).unwrap().len(), 3);
        assert_eq!(problem(read(&file, 2)), "has 3 bytes, at most 2 are read");
        assert_eq!(problem(read_text(&file, 3)), "byte 2: the text is not UTF-8");
        // What grows after it was looked at is limited, too.
        let opened = open(&file, 3).unwrap();
        File::options().append(true).open(&file).unwrap().write_all(b"more").unwrap();
        assert!(matches!(read_whole(opened, 3), Err(InputProblem::TooLarge { found: 4, limit: 3 })));
        // A hole of a terabyte is refused without a terabyte of memory.
        File::options().write(true).open(&file).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(problem(read(&file, 1 << 30)), "has 1099511627776 bytes, at most 1073741824 are read");
    }

    #[test]
    fn what_is_missing_is_created_and_what_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        open_or_create(&file, 10).unwrap().write_all(b"kept").unwrap();
        let mut text = String::new();
        open_or_create(&file, 10).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "kept");
        assert_eq!(problem(open_or_create(&file, 3)), "has 4 bytes, at most 3 are read");
    }
}

//! Reading and writing fingerprint records, by dialect.
//!
//! `cargo bench --bench records`. The record is one of the sample set's.
#![allow(missing_docs, clippy::unwrap_used)] // a benchmark

use std::hint::black_box;

use biomatch::template::{Dialect, FingerprintRecord, Reading};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn records(c: &mut Criterion) {
    let bytes = include_bytes!("../datasets/sample/fingers/101_0.iso");
    let record = FingerprintRecord::read(bytes, Reading::Strict).unwrap();
    let mut group = c.benchmark_group("records");
    for dialect in [Dialect::Iso2005, Dialect::Iso2011, Dialect::Ansi2004] {
        let mut record = record.clone();
        record.conform(dialect);
        let written = record.write(dialect).unwrap();
        group.throughput(Throughput::Elements(1));
        for (name, reading) in [("read strictly", Reading::Strict), ("read leniently", Reading::Lenient)] {
            group.bench_with_input(BenchmarkId::new(name, dialect), &written, |b, written| {
                b.iter(|| FingerprintRecord::read(black_box(written), reading).unwrap());
            });
        }
        group.bench_with_input(BenchmarkId::new("write", dialect), &record, |b, record| {
            b.iter(|| black_box(record).write(dialect).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);

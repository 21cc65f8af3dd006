//! Prints the kernel levels that this processor has, slowest first: the names that `BIOMATCH_KERNELS` takes.

use biomatch::kernels::Kernels;

fn main() {
    for kernels in Kernels::all() {
        println!("{}", kernels.level());
    }
}

#!/bin/sh
# rustc for this crate in the module with relaxed SIMD (cargo's RUSTC_WORKSPACE_WRAPPER). LLVM would put all reads of a turn of
# the products' loop before its multiplications. Browsers' compilers keep that order, and have registers for twelve sums
# only if each value is read right before it is used.
exec "$@" -C llvm-args=-pre-RA-sched=source

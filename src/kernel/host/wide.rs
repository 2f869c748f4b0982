//! Loops over neighbouring values that compilers put into vectors themselves, as wide as the processor's.

/// Defines a function that is compiled for each of the sets of vector instructions that [`pulp`] knows, and runs as the widest
/// one that the processor has.
///
/// Closures given to `pulp::Arch::dispatch` will not do: only what is inlined there is compiled for wide vectors, and closures
/// longer than a few lines are not, without a word of the compiler's.
macro_rules! wide {
    (
        $(#[$about:meta])*
        $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block
    ) => {
        $(#[$about])*
        $visible fn $name($($argument: $type),*) $(-> $result)? {
            #[inline(always)]
            fn everywhere($($argument: $type),*) $(-> $result)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma")]
                fn avx512($($argument: $type),*) $(-> $result)? {
                    everywhere($($argument),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($argument: $type),*) $(-> $result)? {
                    everywhere($($argument),*)
                }
                if pulp::x86::V4::is_available() {
                    // SAFETY: the processor was asked for more than these features.
                    return unsafe { avx512($($argument),*) };
                }
                if pulp::x86::V3::is_available() {
                    // SAFETY: as above.
                    return unsafe { avx2($($argument),*) };
                }
            }
            everywhere($($argument),*)
        }
    };
}

pub(crate) use wide;

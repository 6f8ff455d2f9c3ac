use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The one number a run's randomness hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream called `name`. Streams of different names are independent, and so are those of different seeds, unless
    /// both differ and the names in nothing but their first byte, which is mixed with the seed. No two names in
    /// [`crate::streams`] do.
    pub fn stream(self, name: &str) -> Stream {
        let mut key = [0_u8; 32];
        let mut state = self.0;
        for byte in name.bytes().chain([0xff]) {
            state = mix(state ^ u64::from(byte));
        }
        for chunk in key.chunks_exact_mut(8) {
            state = mix(state);
            chunk.copy_from_slice(&state.to_le_bytes());
        }
        Stream { key }
    }
}

/// A named random stream. Every index has a generator of its own, so noise depends on (seed, name, index) and never
/// on threads, shards or batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    key: [u8; 32],
}

impl Stream {
    /// The generator of index `index`: a sample, a step, a line.
    pub fn at(&self, index: u64) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::from_seed(self.key);
        generator.set_stream(index);
        generator
    }
}

/// SplitMix64: spreads every input bit over the whole word (Steele, Lea and Flood, OOPSLA 2014).
fn mix(state: u64) -> u64 {
    let mut word = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

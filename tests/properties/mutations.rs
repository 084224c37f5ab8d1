//! Reproducible mutations of inputs.

/// Fragments that are difficult for parsers.
const PIECES: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b".",
    b"=",
    b"\0",
    b"\xff",
    b"null",
    b"1e999",
    b"\\ud800",
    b"-0",
    b"\"alg\":\"none\",",
    b"\"iss\":1,",
];

/// An endless sequence of mutations of the seeds.
pub(crate) struct Mutations<'a> {
    seeds: &'a [Vec<u8>],
    state: u64,
}

impl<'a> Mutations<'a> {
    pub(crate) fn of(seeds: &'a [Vec<u8>]) -> Self {
        assert!(!seeds.is_empty());
        Self { seeds, state: 0x9e37_79b9_7f4a_7c15 }
    }

    /// A number below `limit`, from a reproducible xorshift generator.
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let limit = u64::try_from(limit.max(1)).expect("a small number");
        usize::try_from(self.state % limit).expect("a small number")
    }

    /// A part of `bytes`, up to 32 of them.
    fn part(&mut self, bytes: &[u8]) -> std::ops::Range<usize> {
        let start = self.below(bytes.len());
        let end = start.saturating_add(self.below(33)).min(bytes.len());
        start..end
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let place = self.below(input.len() + 1);
        match self.below(7) {
            0 if place < input.len() => input[place] ^= 1 << self.below(8),
            1 if place < input.len() => drop(input.remove(place)),
            2 => drop(input.splice(place..place, [u8::try_from(self.below(256)).unwrap_or(0)])),
            3 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(place..place, piece.iter().copied());
            }
            4 => {
                let part = self.part(input);
                input.drain(part);
            }
            5 => {
                let part = self.part(input);
                let copy = input[part].to_vec();
                input.splice(place..place, copy);
            }
            _ => {
                let other = &self.seeds[self.below(self.seeds.len())];
                let part = self.part(other);
                input.splice(place..place, other[part].iter().copied());
            }
        }
    }
}

impl Iterator for Mutations<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        for _ in 0..=self.below(3) {
            self.mutate(&mut input);
        }
        Some(input)
    }
}

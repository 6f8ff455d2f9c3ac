use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The images used last, as many as fit into a number of bytes.
pub(super) struct Cache {
    room: u64,
    used: u64,
    clock: u64,
    images: HashMap<usize, (Arc<[u8]>, u64)>,
    /// Time of last use → image.
    order: BTreeMap<u64, usize>,
}

impl Cache {
    /// An empty cache of at most `room` bytes of pixels.
    pub(super) fn new(room: u64) -> Self {
        Self { room, used: 0, clock: 0, images: HashMap::new(), order: BTreeMap::new() }
    }

    pub(super) fn get(&mut self, index: usize) -> Option<Arc<[u8]>> {
        let (image, time) = self.images.get_mut(&index)?;
        self.order.remove(time);
        self.clock += 1;
        *time = self.clock;
        self.order.insert(self.clock, index);
        Some(Arc::clone(image))
    }

    /// Keeps an image, and lets go of those not used for longest. One larger than the whole cache is not kept.
    pub(super) fn put(&mut self, index: usize, image: Arc<[u8]>) {
        let size = image.len() as u64;
        if size > self.room || self.images.contains_key(&index) {
            return;
        }
        while self.used + size > self.room {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            if let Some((gone, _)) = self.images.remove(&oldest) {
                self.used -= gone.len() as u64;
            }
        }
        self.clock += 1;
        self.used += size;
        self.order.insert(self.clock, index);
        self.images.insert(index, (image, self.clock));
    }

    /// Bytes of pixels held.
    pub(super) fn used(&self) -> u64 {
        self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_the_room_is_kept() {
        let mut cache = Cache::new(10);
        let image = |size: usize| -> Arc<[u8]> { vec![7; size].into() };
        for index in 0..3 {
            cache.put(index, image(3));
        }
        // 0 is used again, so 1 is the oldest.
        assert!(cache.get(0).is_some());
        cache.put(3, image(3));
        assert_eq!([0, 1, 2, 3].map(|index| cache.get(index).is_some()), [true, false, true, true]);
        cache.put(4, image(11));
        assert!(cache.get(4).is_none() && cache.used() == 9);
        cache.put(5, image(10));
        assert!(cache.get(5).is_some() && cache.used() == 10);
    }
}

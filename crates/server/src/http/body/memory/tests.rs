//! The budget is never exceeded, and comes back.

use tokio::time::Instant;

use super::*;

const MIB: usize = 1 << 20;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(future)
}

#[test]
fn a_reservation_grows_to_what_is_asked_and_never_shrinks() {
    let memory = BodyMemory::new(4 * MIB);
    let mut reservation = Reservation::default();
    for (wanted, free) in [(0, 4 * MIB), (1, 4 * MIB - UNIT_BYTES), (MIB, 3 * MIB), (1, 3 * MIB)] {
        memory.try_grow(&mut reservation, wanted).unwrap();
        assert_eq!(memory.units.available_permits() * UNIT_BYTES, free, "wanted={wanted}");
        assert_eq!(memory.bytes(), 4 * MIB - free, "wanted={wanted}");
    }
    drop(reservation);
    assert_eq!(memory.units.available_permits() * UNIT_BYTES, 4 * MIB);
    assert_eq!((memory.bytes(), memory.bytes_max()), (0, 4 * MIB));
}

#[test]
fn what_does_not_fit_is_refused_and_what_was_held_stays_held() {
    let memory = BodyMemory::new(4 * MIB);
    let (mut first, mut second) = (Reservation::default(), Reservation::default());
    memory.try_grow(&mut first, 3 * MIB).unwrap();
    memory.try_grow(&mut second, MIB).unwrap();
    assert_eq!(memory.try_grow(&mut second, 2 * MIB), Err(NoMemory));
    assert_eq!(memory.units.available_permits(), 0);
    drop(first);
    assert_eq!(memory.try_grow(&mut second, 2 * MIB), Ok(()));
}

#[test]
fn one_waits_for_memory_but_not_for_ever() {
    block_on(async {
        let memory = BodyMemory::new(MIB);
        let mut first = Reservation::default();
        memory.grow(&mut first, MIB).await.unwrap();
        let started = Instant::now();
        assert_eq!(memory.grow(&mut Reservation::default(), 1).await, Err(NoMemory));
        assert_eq!(started.elapsed().as_secs(), PATIENCE.as_secs());
        let waiting = tokio::spawn({
            let memory = memory.clone();
            async move { memory.grow(&mut Reservation::default(), MIB).await }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert_eq!(waiting.await.unwrap(), Ok(()));
    });
}

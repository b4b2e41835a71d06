//! The pool runs work, bounds it, and outlives what goes wrong in it.

use std::sync::{Barrier, mpsc};

use super::*;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A job that has started and ends when told to.
struct Blocker {
    release: mpsc::Sender<()>,
    ended: tokio::task::JoinHandle<Result<(), RunError>>,
}

impl Blocker {
    async fn start(pool: &Arc<CpuPool>) -> Self {
        let (release, released) = mpsc::channel::<()>();
        let (start, started) = oneshot::channel();
        let pool = Arc::clone(pool);
        let ended = tokio::spawn(async move {
            pool.run(move || {
                start.send(()).unwrap();
                released.recv().unwrap();
            })
            .await
        });
        started.await.unwrap();
        Self { release, ended }
    }

    async fn end(self) {
        self.release.send(()).unwrap();
        assert_eq!(self.ended.await.unwrap(), Ok(()));
    }
}

#[test]
fn work_returns_its_result() {
    let pool = CpuPool::start(2).unwrap();
    assert_eq!(block_on(pool.run(|| 6 * 7)), Ok(42));
}

#[test]
fn threads_work_at_the_same_time() {
    let pool = CpuPool::start(2).unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let meet = || {
        let barrier = Arc::clone(&barrier);
        pool.run(move || {
            barrier.wait();
        })
    };
    assert_eq!(block_on(async { tokio::join!(meet(), meet()) }), (Ok(()), Ok(())));
}

#[test]
fn a_panic_is_its_callers_error_and_the_thread_goes_on() {
    let pool = CpuPool::start(1).unwrap();
    assert_eq!(block_on(pool.run(|| panic!("on purpose"))), Err::<(), _>(RunError::Panicked));
    assert_eq!(block_on(pool.run(|| 1)), Ok(1));
}

#[test]
fn a_full_queue_refuses_more() {
    block_on(async {
        let pool = Arc::new(CpuPool::with_queue("test", 1, 1).unwrap());
        let blocker = Blocker::start(&pool).await;
        let mut waiting = std::pin::pin!(pool.run(|| 1));
        let polled_once = std::future::poll_fn(|context| {
            std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())
        });
        assert!(polled_once.await);
        assert_eq!(pool.run(|| 2).await, Err(RunError::Overloaded));
        blocker.end().await;
        assert_eq!(waiting.await, Ok(1));
    });
}

#[test]
fn work_whose_caller_left_before_it_started_is_skipped() {
    block_on(async {
        let pool = Arc::new(CpuPool::start(1).unwrap());
        let blocker = Blocker::start(&pool).await;
        let (ran, has_run) = mpsc::channel();
        let mut abandoned = Box::pin(pool.run(move || ran.send(()).unwrap()));
        std::future::poll_fn(|context| {
            assert!(abandoned.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        drop(abandoned);
        blocker.end().await;
        assert_eq!(pool.run(|| ()).await, Ok(()));
        assert!(has_run.try_recv().is_err());
    });
}

#[test]
fn a_stopped_pool_ends_what_waits_and_refuses_more() {
    block_on(async {
        let pool = Arc::new(CpuPool::start(1).unwrap());
        let blocker = Blocker::start(&pool).await;
        let waiting = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(|| 1).await }
        });
        tokio::task::yield_now().await;
        let stopping = std::thread::spawn({
            let pool = Arc::clone(&pool);
            move || pool.stop()
        });
        blocker.end().await;
        assert_eq!(waiting.await.unwrap(), Ok(1));
        stopping.join().unwrap();
        assert_eq!(pool.run(|| 2).await, Err(RunError::Overloaded));
        pool.stop();
    });
}

#include "core/base/worker_pool.hpp"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace mre {

// The threads share the state by reference: the destructor joins every one of them before it goes.
struct WorkerPool::State {
  State(WorkerPoolOptions chosen, const Log &the_log) : options(std::move(chosen)), log(the_log) {}

  const WorkerPoolOptions options;
  const Log &log;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  std::size_t idle = 0;
  std::size_t alive = 0;
  bool stopping = false;
  std::vector<std::thread> threads;   // joined when the pool ends
  std::vector<std::thread::id> ended; // ready to be joined before that

  void run();
  void reap_ended();
};

namespace {
constexpr auto kIdleBeforeEnd = std::chrono::seconds(10);
}

void WorkerPool::State::run() {
  pthread_setname_np(pthread_self(), options.name.substr(0, 15).c_str());
  std::unique_lock lock(mutex);
  while (true) {
    ++idle;
    const bool woken =
        changed.wait_for(lock, kIdleBeforeEnd, [&] { return stopping || !queue.empty(); });
    --idle;
    if (stopping || !woken) {
      --alive;
      ended.push_back(std::this_thread::get_id());
      return;
    }
    auto job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    try {
      job();
    } catch (const std::exception &exception) {
      log.error("worker_exception", {{"pool", options.name}, {"what", exception.what()}});
    } catch (...) {
      log.error("worker_exception", {{"pool", options.name}});
    }
    job = nullptr; // what the job owns is released outside the lock
    lock.lock();
  }
}

void WorkerPool::State::reap_ended() {
  for (const auto id : ended) {
    for (auto thread = threads.begin(); thread != threads.end(); ++thread) {
      if (thread->get_id() == id) {
        thread->join(); // it holds no lock any more; only its last instructions are waited for
        threads.erase(thread);
        break;
      }
    }
  }
  ended.clear();
}

WorkerPool::WorkerPool(WorkerPoolOptions options, const Log &log)
    : state_(std::make_shared<State>(std::move(options), log)) {}

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->queue.clear();
    threads.swap(state_->threads);
  }
  state_->changed.notify_all();
  for (auto &thread : threads) {
    thread.join();
  }
}

Result<void> WorkerPool::submit(std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopping) {
    return Error{Errc::unavailable, "the server is ending", {}};
  }
  const bool can_grow = state_->alive < state_->options.max_threads;
  if (state_->queue.size() >= state_->idle && !can_grow &&
      state_->queue.size() >= state_->options.max_queued) {
    return Error{Errc::limit,
                 "too many calls are waiting (" + std::to_string(state_->options.max_queued) + ")",
                 "wait for one of them to end, then call again"};
  }
  state_->queue.push_back(std::move(job));
  if (state_->queue.size() > state_->idle && can_grow) {
    state_->reap_ended();
    ++state_->alive;
    state_->threads.emplace_back([state = state_.get()] { state->run(); });
  }
  state_->changed.notify_one();
  return {};
}

std::size_t WorkerPool::busy() const {
  const std::lock_guard lock(state_->mutex);
  return state_->alive - state_->idle;
}

} // namespace mre

// SPDX-License-Identifier: Apache-2.0
#include "host/space_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <sys/statvfs.h>

namespace sonde::host_metrics {

// Shared by the reader and its thread, whichever lives longer.
struct space_reader::worker {
    ask_space ask;
    std::mutex mutex;
    std::condition_variable changed;
    std::string path;  // what is being asked; empty: nothing
    bool is_answered = false;
    bool is_left = false;  // the thread ends as soon as it can
    result<space> answer;

    [[nodiscard]] bool is_asked() const { return !path.empty() && !is_answered; }
    // Answers even if it is left before it came to that: until then its file system counts as stuck.
    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return is_left || is_asked(); });
            if (!is_asked()) {
                return;
            }
            const std::string asked = path;
            lock.unlock();
            result<space> got = ask(asked);
            lock.lock();
            answer = std::move(got);
            is_answered = true;
            changed.notify_all();
        }
    }
};

result<space> ask_kernel(const std::string& path) {
    struct statvfs found{};
    if (::statvfs(path.c_str(), &found) != 0) {
        const int why = errno;
        return fail(why == EACCES ? errc::denied : errc::failed,
                    "cannot ask for the space: " + std::string(::strerrordesc_np(why)), path);
    }
    // Each part is within the whole, whatever a file system claims.
    const std::uint64_t unit = found.f_frsize;
    const std::uint64_t free = std::min(found.f_bfree, found.f_blocks);
    return space{found.f_blocks * unit, free * unit, std::min(found.f_bavail, free) * unit, found.f_files,
                 std::min(found.f_ffree, found.f_files)};
}

space_reader::space_reader(ask_space ask) : ask_(std::move(ask)) {}

space_reader::~space_reader() {
    if (worker_ != nullptr) {
        const std::lock_guard lock(worker_->mutex);
        worker_->is_left = true;
        worker_->changed.notify_all();
    }
}

result<void> space_reader::make_worker() {
    if (stuck() >= most_stuck) {
        return fail(errc::exhausted, "too many file systems do not answer");
    }
    auto made = std::make_shared<worker>();
    made->ask = ask_;
    try {
        std::thread([made] { made->work(); }).detach();
    } catch (const std::system_error&) {
        return fail(errc::exhausted, "cannot ask file systems: no threads left");
    }
    worker_ = std::move(made);
    return {};
}

std::size_t space_reader::stuck() {
    std::erase_if(stuck_, [](const std::shared_ptr<worker>& each) {
        const std::lock_guard lock(each->mutex);
        return each->is_answered;
    });
    return stuck_.size();
}

result<space> space_reader::read(const std::string& path, std::chrono::nanoseconds limit) {
    static_cast<void>(stuck());  // lets go of those that have answered meanwhile
    // The path of a stuck worker never changes again.
    if (std::ranges::any_of(stuck_, [&](const auto& each) { return each->path == path; })) {
        return fail(errc::timeout, "has not answered yet", path);
    }
    if (worker_ == nullptr) {
        if (auto made = make_worker(); !made) {
            return std::unexpected(made.error());
        }
    }
    std::unique_lock lock(worker_->mutex);
    worker_->path = path;
    worker_->is_answered = false;
    worker_->changed.notify_all();
    if (!worker_->changed.wait_for(lock, limit, [&] { return worker_->is_answered; })) {
        worker_->is_left = true;
        lock.unlock();
        stuck_.push_back(std::move(worker_));
        return fail(errc::timeout, "does not answer", path);
    }
    return std::exchange(worker_->answer, {});
}

}  // namespace sonde::host_metrics

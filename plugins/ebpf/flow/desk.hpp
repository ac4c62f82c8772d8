// SPDX-License-Identifier: Apache-2.0
// Where threads of the API put what they want to know of the tracker, and the data thread answers between two looks at
// the ring: the tracker needs no lock. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

namespace sonde::ebpf::flow {

struct inquiry {
    enum class kind : std::uint8_t { connections, add_client, state };
    kind what = kind::state;
    std::string client;
    std::size_t limit = 0;
};

class desk final {
public:
    static constexpr std::size_t most_waiting = 16;

    // Waits for the answer; fails when it does not come in time, or when nobody serves.
    [[nodiscard]] result<std::string> ask(inquiry what, std::chrono::nanoseconds patience);

    [[nodiscard]] bool has_work() const noexcept { return waiting_.load(std::memory_order_relaxed) != 0; }
    // The data thread answers all that wait.
    void serve(const std::function<result<std::string>(const inquiry&)>& answer);
    // The data thread comes and goes.
    void open();
    void close();

private:
    struct entry {
        inquiry what;
        result<std::string> answer = std::string();
        bool is_done = false;
    };

    std::mutex mutex_;
    std::condition_variable answered_;
    std::list<entry*> entries_;  // of the threads that wait
    std::atomic<std::size_t> waiting_ = 0;
    bool is_open_ = false;
};

}  // namespace sonde::ebpf::flow

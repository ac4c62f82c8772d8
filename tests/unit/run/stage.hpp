// SPDX-License-Identifier: Apache-2.0
// What the test components do and what became of them, by instance name. Components find their actor by the name that
// the host gave their instance; an actor outlives every incarnation that plays it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/host.h>

#include "support/fd.hpp"

namespace sonde::run::test {

// Holds up whoever passes while it is closed.
class door {
public:
    void close();
    void open();
    void pass();
    [[nodiscard]] int waiting() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable opened_;
    bool closed_ = false;
    int waiting_ = 0;
};

enum class fault {
    none,
    throws_in_create,
    throws_in_configure,
    throws_in_start,
    throws_in_run,
    throws_in_consume,
    throws_in_stop,
    throws_in_destroy,
    throws_in_get_extension,
    throws_a_number_in_run,
    fails_create,
    fails_configure,
    fails_consume,
    returns_from_run,
    fails_run,
    fatal_in_start,
    fatal_in_run,
    recoverable_in_run,
    chatters,  // many changes of health, then one per item
    unterminated_text,
};

class stage;

class actor {
public:
    explicit actor(stage& on, std::string name);

    // Behaviour, set by the test.
    door at_start;
    door at_stop;
    door at_run;
    door at_consume;
    door at_call;
    std::atomic<fault> broken{fault::none};
    std::atomic<int> failing_starts{0};  // so many starts fail
    std::atomic<bool> flows{false};      // a source publishes without being asked
    std::atomic<std::int64_t> idle_period{0};
    std::atomic<std::int64_t> consume_time{0};  // ns that a consumer takes for a batch

    // A source publishes `count` items more.
    void publish(std::uint64_t count);
    [[nodiscard]] int orders_descriptor() const noexcept { return orders_.value(); }
    [[nodiscard]] std::uint64_t take_orders();

    // Record.
    std::atomic<std::uint64_t> published{0};  // items of a source; also the next item's content
    std::atomic<std::uint64_t> items{0};      // that a consumer took
    std::atomic<int> announcements{0};
    std::atomic<int> idles{0};
    void note_idle();
    // Whether idle came when more than `least` items had been taken, but not yet `most`.
    [[nodiscard]] bool was_idle_between(std::uint64_t least, std::uint64_t most) const;
    std::atomic<int> calls{0};
    std::atomic<int> alive{0};  // objects between create and destroy
    std::atomic<std::int64_t> stop_deadline{0};
    void note(std::string_view what);
    [[nodiscard]] int count(std::string_view what) const;
    void take(std::uint64_t item);
    void take_batch(const std::string& label);
    // Batches that were consumed by incarnations with this label.
    [[nodiscard]] int batches_of(const std::string& label) const;
    // What a consumer took, sorted.
    [[nodiscard]] std::vector<std::uint64_t> taken() const;
    void set_label(std::string_view label);
    [[nodiscard]] std::string label() const;

private:
    stage& stage_;
    const std::string name_;
    support::unique_fd orders_;
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> taken_;
    std::set<std::uint64_t> idle_at_;     // numbers of items
    std::map<std::string, int> batches_;  // by label
    std::string label_;
};

class stage {
public:
    // The one that components of this process play on; replaced by each test.
    static std::shared_ptr<stage> present();
    static void enter(std::shared_ptr<stage> next);
    // The actor of the instance that `on` was given to.
    static std::shared_ptr<actor> actor_of(const sonde_host* on);

    [[nodiscard]] std::shared_ptr<actor> find(std::string_view name);
    void open_all_doors();
    void note(std::string line);
    // "sink start", "source run", ... in the order in which it happened.
    [[nodiscard]] std::vector<std::string> journal() const;

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<actor>, std::less<>> actors_;
    std::vector<std::string> journal_;
};

}  // namespace sonde::run::test

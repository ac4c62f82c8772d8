// SPDX-License-Identifier: Apache-2.0
// The agent's own metrics: 64-bit cells that belong to an owner (an instance, or "" for the host itself), and sources
// that are asked when somebody reads. Writers update a cell with std::atomic_ref, relaxed; readers never stop them.
// Every series that is handed out can be exposed: names, units and labels are checked at the door.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sonde/result.hpp>

#include "observe/metric_name.hpp"
#include "observe/sample_sink.hpp"

namespace sonde::observe {

struct cell_store;

// What an owner's series carry on the page. Not "instance", which Prometheus itself puts on whatever it scrapes.
inline constexpr std::string_view owner_label = "instance_name";

struct registry_limits {
    std::size_t series = 256;       // label sets of one instrument of one owner
    std::size_t instruments = 256;  // of one owner
};

// `cell` is never null: if the series was refused, it is the overflow's or scratch memory, safe to write.
struct placement {
    std::uint64_t* cell = nullptr;
    std::optional<error> refusal;  // errc::exhausted: limit reached; errc::invalid: name, unit or label
};

// A gauge's bits are an int64.
[[nodiscard]] constexpr double number_of(kind of, std::uint64_t value) noexcept {
    return of == kind::gauge ? static_cast<double>(static_cast<std::int64_t>(value)) : static_cast<double>(value);
}

struct reading {
    kind of = kind::counter;
    std::string name;
    std::string unit;
    labels with;                        // without the owner's label
    std::uint64_t value = 0;            // of a counter or a gauge
    std::vector<std::uint64_t> bounds;  // of a histogram
    distribution spread;

    [[nodiscard]] double number() const noexcept { return number_of(of, value); }
};

struct description {
    kind of = kind::counter;
    std::string_view name;
    std::string_view unit;
    std::string_view help;
    std::span<const std::uint64_t>
        bounds;  // of a histogram: ascending, in the unit, at most SONDE_HISTOGRAM_MAX_BOUNDS
};

// One owner's cells in the order in which they were made; the order never changes within a generation.
struct readings {
    std::uint64_t generation = 0;  // another number after release; 0: the owner has no cells
    std::vector<reading> cells;
};

// Thread-safe.
class registry final {
public:
    explicit registry(registry_limits limits = {});
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // The cell of a series; the same owner, name and labels give the same cell until `release(owner)`.
    // An empty help text is replaced by the name, since a family without one is a lint finding.
    [[nodiscard]] placement cell(std::string_view owner, kind of, std::string_view name, std::string_view unit,
                                 std::string_view help, const labels& with = {});

    // The cells of a histogram, laid out as sonde_host_histogram says.
    [[nodiscard]] placement histogram(std::string_view owner, std::string_view name, std::string_view unit,
                                      std::string_view help, std::span<const std::uint64_t> bounds,
                                      const labels& with = {});

    // Keeps the owner's present cells mapped for as long as the caller holds the answer, also after `release`: for
    // whoever wrote cells' addresses into code that may still run.
    [[nodiscard]] std::shared_ptr<const void> hold(std::string_view owner);

    // The owner's series leave every later snapshot. Its next cell starts a new generation at zero.
    void release(std::string_view owner);

    [[nodiscard]] readings read(std::string_view owner) const;

    // `sample` is called by each snapshot, on the reader's thread, one at a time; it must not add or remove sources.
    // `remove_source` returns when no call is running.
    std::uint64_t add_source(std::function<void(sample_sink&)> sample);
    void remove_source(std::uint64_t source);

    // All series by value, families sorted by name. Counts of refused series are among them.
    [[nodiscard]] std::vector<family> snapshot() const;

private:
    struct name_use {
        std::string dotted;
        kind of;
        std::string unit;
        std::vector<std::uint64_t> bounds;
        std::size_t owners = 0;
    };

    [[nodiscard]] const std::shared_ptr<cell_store>& cells_of(std::string_view owner);
    [[nodiscard]] placement make(std::string_view owner, const description& of, const labels& with);
    [[nodiscard]] result<std::uint64_t*> place(cell_store& in, std::string_view owner, const description& of,
                                               const labels& with);
    [[nodiscard]] result<void> use_name(const description& of);

    registry_limits limits_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<cell_store>, std::less<>> owners_;
    std::map<std::string, name_use, std::less<>> names_;  // by Prometheus name, to keep families unambiguous
    std::uint64_t generations_ = 0;
    std::uint64_t refused_limit_ = 0;
    std::uint64_t refused_invalid_ = 0;

    mutable std::mutex sources_mutex_;  // never taken while holding mutex_
    std::map<std::uint64_t, std::function<void(sample_sink&)>> sources_;
    std::uint64_t last_source_ = 0;
    mutable std::atomic<std::uint64_t> refused_samples_ = 0;
};

// For host code that writes cells: relaxed, as plugins do.
inline void add(std::uint64_t* cell, std::uint64_t amount = 1) noexcept {
    std::atomic_ref(*cell).fetch_add(amount, std::memory_order_relaxed);
}
inline void set(std::uint64_t* cell, std::int64_t value) noexcept {
    std::atomic_ref(*cell).store(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
}

}  // namespace sonde::observe

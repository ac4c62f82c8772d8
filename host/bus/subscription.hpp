// SPDX-License-Identifier: Apache-2.0
// The receiving end: one SUB socket over all lanes, exact accounting per stream. `receive` and `settle` belong to one
// thread; stats, wake and close may be called from any.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <sonde/result.hpp>

#include "bus/batch_ref.hpp"
#include "bus/position.hpp"
#include "bus/stats.hpp"
#include "bus/stream.hpp"
#include "support/fd.hpp"

namespace sonde::bus {

class zmq_context;
class zmq_socket;

struct subscription_settings {
    std::string name;
    std::vector<std::string> topics;  // prefixes, each ending in '/'; or one empty prefix for everything
    bool lossless = false;
    int mark = 64;         // batches held per lane for a lossy subscription
    std::string except{};  // instance whose lanes are left out
};

class subscription_core final : public std::enable_shared_from_this<subscription_core> {
public:
    static result<std::shared_ptr<subscription_core>> make(const zmq_context& in, subscription_settings settings);
    ~subscription_core();

    // The next batch; empty after `timeout` (negative: no limit) or when woken.
    [[nodiscard]] std::optional<batch_ref> receive(std::chrono::nanoseconds timeout);
    // The next of those that have been sealed; empty when each of them has come or is known to be lost, or after
    // `timeout`. Nobody can wake it.
    [[nodiscard]] std::optional<batch_ref> receive_rest(std::chrono::nanoseconds timeout);
    // Says what became of a batch: delivered, or failed.
    void settle(const batch_ref& batch, bool ok) noexcept;
    // Makes a blocked receive return; also the next one if none is blocked.
    void wake() noexcept;
    // Makes a waiting reader look again.
    void poke() noexcept;
    // What becomes readable when batches may have come, for a reader that waits for other things too; it stays so
    // until `receive` has found nothing.
    [[nodiscard]] std::array<int, 3> descriptors() const noexcept {
        return {descriptor_, wake_.value(), look_again_.value()};
    }

    [[nodiscard]] bool matches(std::string_view topic) const noexcept;
    // Lane's side, under the lane's mutex.
    [[nodiscard]] result<void> connect(const std::string& endpoint);
    void join(std::uint32_t lane_id, const std::string& instance, std::shared_ptr<const stream> of, std::uint64_t at);

    [[nodiscard]] subscription_stats stats() const;
    [[nodiscard]] const subscription_settings& settings() const noexcept { return settings_; }

private:
    subscription_core(subscription_settings settings, zmq_socket socket);

    enum class taken { nothing, refused, batch };
    enum class woken_by { queue, caller, clock };
    enum class reads { on, rest };
    [[nodiscard]] std::optional<batch_ref> next(std::chrono::nanoseconds timeout, reads what);
    [[nodiscard]] taken take(batch_ref& into);
    [[nodiscard]] taken take_locked(batch_ref& into);
    void arm() noexcept;
    [[nodiscard]] woken_by wait(std::int64_t deadline) noexcept;
    void fold(const position& done);

    struct sighting {
        std::uint64_t key;
        std::uint64_t sealed;
        bool closed;
    };

    const subscription_settings settings_;
    const std::int64_t patience_;  // with what is owed, ns
    support::unique_fd wake_;
    support::unique_fd look_again_;  // readable when the patience with what is owed ends
    std::atomic<bool> woken_{false};
    int descriptor_ = -1;

    mutable std::mutex mutex_;  // the socket and the map
    std::unique_ptr<zmq_socket> socket_;
    std::unordered_map<std::uint64_t, std::shared_ptr<position>> positions_;
    std::vector<position_stats> folded_;  // of lanes that are gone
    std::vector<sighting> seen_;          // scratch of take
    std::unique_ptr<received> spare_;     // allocated for a batch that has not come yet
    std::int64_t awaited_since_ = 0;      // the earliest of all positions; 0: nothing is owed
    std::int64_t armed_for_ = 0;          // what `look_again_` is set for
    std::atomic<std::uint64_t> batches_{0};
    std::atomic<std::uint64_t> malformed_{0};
    std::atomic<std::int64_t> caught_up_at_{0};
};

}  // namespace sonde::bus

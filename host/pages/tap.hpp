// SPDX-License-Identifier: Apache-2.0
// A look at live envelopes for one client: a lossy subscription and a thread of its own, which never lets a batch wait.
// What the client does not take in time is counted as lost; a client that cannot keep up is ejected. The last line says
// how it ended: {"tap":"end"|"ejected","delivered":...,"matched":...,"lost":...}.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <sonde/schema/batch.hpp>
#include <sonde/schema/json.hpp>
#include <sonde/schema/match.hpp>
#include <sonde/schema/text.hpp>

#include "api/message.hpp"
#include "bus/bus.hpp"
#include "pages/pages.hpp"

namespace sonde::pages {

struct tap_request {
    std::vector<std::string> topics;
    std::vector<schema::field_matcher> where;  // all of them
    std::uint64_t count = 0;                   // envelopes after which it ends; 0: none
    bool text = false;
    bool snapshot = false;  // asks state-holding collectors for their state
    bool whole = false;     // whole batches as records (bus/recording.hpp) instead of lines; not with `where`
};

class tap final : public api::stream {
public:
    // Listens already when it returns.
    [[nodiscard]] static result<std::unique_ptr<tap>> open(bus::bus& fabric, tap_request wanted, tap_limits limits);
    // Ends the thread; it looks at one envelope more at most.
    ~tap() override;

    void start(api::waker wake) override;
    [[nodiscard]] api::flow next(std::string& chunk) override;

private:
    using clock = std::chrono::steady_clock;
    using printer = std::variant<schema::json_printer, schema::text_printer>;

    tap(bus::bus& fabric, std::shared_ptr<bus::subscription_core> input, tap_request wanted, tap_limits limits);

    void loop();
    void take(const bus::batch_ref& batch);
    void print(const bus::batch_ref& batch, std::string& lines);
    void copy(const bus::batch_ref& batch, std::string& records);
    [[nodiscard]] bool matches(const schema::envelope_view& envelope);
    [[nodiscard]] bool is_complete() const noexcept { return wanted_.count != 0 && matched_ >= wanted_.count; }
    [[nodiscard]] std::chrono::nanoseconds time_left() const;
    [[nodiscard]] std::string reason_to_eject() const;
    void finish(std::string_view how, std::string_view reason);
    void hand_over(std::string_view lines, bool last);

    bus::bus& fabric_;
    const std::shared_ptr<bus::subscription_core> input_;
    const tap_limits limits_;
    std::atomic<bool> stopping_{false};

    // The thread's own.
    tap_request wanted_;
    printer printer_;
    schema::batch_reader reader_;
    std::uint64_t delivered_ = 0;
    std::uint64_t matched_ = 0;
    std::uint64_t skipped_ = 0;  // items in batches that found the buffer full
    std::uint64_t skipped_batches_ = 0;

    mutable std::mutex mutex_;
    std::string waiting_;              // lines for the client
    clock::time_point waiting_since_;  // when the client could have taken the first of them
    bool ended_ = false;
    api::waker wake_;

    std::thread thread_;
};

}  // namespace sonde::pages

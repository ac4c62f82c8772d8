// SPDX-License-Identifier: Apache-2.0
// The publish path of one instance. reserve, commit and abort belong to a single writer thread per stream; every other
// member is thread-safe. A committed item is either sent to the lane's subscribers or counted: nothing else happens.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/abi/batch.h>
#include <sonde/result.hpp>

#include "bus/lane_settings.hpp"
#include "bus/stream.hpp"

namespace sonde::bus {

class sealer;
class subscription_core;
class zmq_context;
class zmq_socket;

class lane final {
public:
    static constexpr std::size_t most_streams = 64;

    // Made by bus::open_lane. `on_subscriber` is called, from any thread, when somebody new listens.
    static result<std::shared_ptr<lane>> make(const zmq_context& in, std::uint32_t id, lane_identity identity,
                                              lane_settings settings, sealer& seals,
                                              std::function<void()> on_subscriber);
    ~lane();
    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    // Semantics of the following are those of <sonde/abi/ext/lane.h>.
    [[nodiscard]] sonde_rc open_stream(std::string_view topic, std::uint32_t& id);
    [[nodiscard]] sonde_rc reserve(std::uint32_t id, std::uint64_t size, std::int64_t timeout, sonde_buffer& buffer);
    [[nodiscard]] sonde_rc commit(sonde_buffer& buffer, std::uint64_t size, std::uint32_t items);
    void abort(sonde_buffer& buffer) noexcept;
    void drop(std::uint32_t id, std::uint64_t items, std::uint64_t bytes, std::uint32_t reason) noexcept;
    void flush() noexcept;
    [[nodiscard]] bool has_subscriber(std::uint32_t id) const noexcept;

    // Seals what is open and refuses further reservations; what was sent stays readable for subscribers.
    void close() noexcept;

    // Sealer's side: seals what is due at `now` and returns when it wants to be called next (INT64_MAX: not at all).
    [[nodiscard]] std::int64_t seal_due(std::int64_t now) noexcept;

    // Bus's side. `attach` connects the subscription and makes it join every stream it matches, exactly at the next
    // batch. `announce` calls on_subscriber if a stream matches.
    [[nodiscard]] result<void> attach(const std::shared_ptr<subscription_core>& reader, bool announce);
    void detach(const subscription_core& reader) noexcept;
    // Calls on_subscriber if a stream matches: the reader stands for somebody new.
    void announce(const subscription_core& reader) const;

    [[nodiscard]] lane_stats stats() const;
    [[nodiscard]] const lane_identity& identity() const noexcept { return identity_; }
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }

private:
    lane(std::uint32_t id, lane_identity identity, lane_settings settings, zmq_socket socket, sealer& seals,
         std::function<void()> on_subscriber);

    static std::string endpoint(std::uint32_t id);
    [[nodiscard]] stream* at(std::uint32_t id) const noexcept;
    [[nodiscard]] bool open_batch(stream& into, std::size_t size);

    // lane_seal.cpp; the first two with the stream's gate held, `settle` with the mutex
    void schedule(stream& opened, std::int64_t now) noexcept;
    void seal(stream& full, std::int64_t now) noexcept;
    void send(stream& from, chunk* batch, std::uint64_t sealed) noexcept;
    void settle() noexcept;

    const std::uint32_t id_;
    const lane_identity identity_;
    const lane_settings settings_;
    const std::shared_ptr<slab> memory_;
    sealer& sealer_;
    const std::function<void()> on_subscriber_;
    std::atomic<bool> closed_{false};

    std::array<std::atomic<stream*>, most_streams> streams_{};
    std::atomic<std::uint32_t> stream_count_{0};

    // Guards the socket, the readers and stream creation; held for one send or one connect, never across plugin code.
    mutable std::mutex mutex_;
    std::unique_ptr<zmq_socket> socket_;
    std::vector<std::shared_ptr<stream>> owned_;
    std::vector<std::weak_ptr<subscription_core>> readers_;
    int least_mark_ = 0;  // of all lossy readers so far; 0: there was none
    int sent_unsettled_ = 0;
};

}  // namespace sonde::bus

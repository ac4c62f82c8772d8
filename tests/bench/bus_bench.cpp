// SPDX-License-Identifier: Apache-2.0
// The bus beside bare libzmq, in one process and one run: envelopes of 200 bytes through a lane with one and three
// lossless subscribers, and the same bytes in messages of the same batch size through PUB/SUB. Rows:
//   raw        libzmq alone: each message takes a copy of the ready bytes, as any sender of new data must
//   transport  a lane: reserve, copy the same bytes, commit
//   publish    a lane, one envelope at a time, each written in place with the SDK's wire writer
//   hand-over  both without touching the bytes: what a batch costs by itself
// Then the latency of single events at 1 kHz, and what a stalled subscriber does to another's rate.
#include <zmq.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <sonde/batch.hpp>
#include <sonde/envelope.hpp>

#include "bus/bus.hpp"
#include "support/clock.hpp"

namespace {

using namespace sonde;
using namespace std::chrono_literals;

constexpr std::size_t envelope_bytes = 200;
constexpr std::size_t batch_items = 320;  // about 64 KiB, the default seal
constexpr std::size_t batch_bytes = envelope_bytes * batch_items;
constexpr std::uint64_t run_batches = 20'000;
constexpr std::uint64_t in_flight_limit = 240;  // batches; the same bound for both sides
constexpr int rounds = 5;

double seconds(std::int64_t from) { return static_cast<double>(support::monotonic_now() - from) / 1e9; }

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

// libzmq alone. Bounded by a count of buffers that readers have let go, as a lane is by its budget.
struct raw_counter {
    std::atomic<std::uint64_t> released{0};
};

void count_release(void*, void* hint) {
    static_cast<raw_counter*>(hint)->released.fetch_add(1, std::memory_order_release);
}

void free_copy(void* data, void* hint) {
    delete[] static_cast<std::uint8_t*>(data);
    count_release(nullptr, hint);
}

enum class bytes { copied, untouched };

double raw_rate(int readers, bytes how) {
    void* context = zmq_ctx_new();
    void* pub = zmq_socket(context, ZMQ_PUB);
    const int unlimited = 0;
    zmq_setsockopt(pub, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    zmq_bind(pub, "inproc://raw");
    std::vector<void*> subs;
    std::vector<std::thread> threads;
    for (int i = 0; i < readers; ++i) {
        void* sub = zmq_socket(context, ZMQ_SUB);
        zmq_setsockopt(sub, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
        zmq_setsockopt(sub, ZMQ_SUBSCRIBE, "", 0);
        zmq_connect(sub, "inproc://raw");
        subs.push_back(sub);
    }
    for (void* sub : subs) {
        threads.emplace_back([sub] {
            zmq_msg_t message;
            for (std::uint64_t got = 0; got < run_batches; ++got) {
                zmq_msg_init(&message);
                zmq_msg_recv(&message, sub, 0);
                zmq_msg_close(&message);
            }
        });
    }
    std::vector<std::uint8_t> buffer(batch_bytes, 7);
    raw_counter counter;
    const std::int64_t start = support::monotonic_now();
    for (std::uint64_t sent = 0; sent < run_batches; ++sent) {
        while (sent - counter.released.load(std::memory_order_acquire) >= in_flight_limit) {
            std::this_thread::yield();
        }
        zmq_msg_t message;
        if (how == bytes::copied) {
            auto* copy = new std::uint8_t[batch_bytes];
            std::memcpy(copy, buffer.data(), batch_bytes);
            zmq_msg_init_data(&message, copy, batch_bytes, free_copy, &counter);
        } else {
            zmq_msg_init_data(&message, buffer.data(), batch_bytes, count_release, &counter);
        }
        zmq_msg_send(&message, pub, 0);
    }
    for (auto& thread : threads) {
        thread.join();
    }
    const double took = seconds(start);
    for (void* sub : subs) {
        zmq_close(sub);
    }
    zmq_close(pub);
    zmq_ctx_term(context);
    return static_cast<double>(run_batches * batch_items) / took;
}

// The lane, drained by `readers` lossless subscribers in their own threads.
class lane_run {
public:
    explicit lane_run(int readers) : fabric_(bus::lane_settings{}) {
        lane_ = fabric_.open_lane({"bench", "bench", "node", 3, 1}, {}).value();
        static_cast<void>(lane_->open_stream("raw/bench/", stream_));
        for (int i = 0; i < readers; ++i) {
            readers_.push_back(fabric_.subscribe({"reader" + std::to_string(i), {"raw/"}, true}).value());
        }
    }
    ~lane_run() { fabric_.close_lane(lane_); }

    template <class Produce>
    double rate(Produce&& produce) {
        std::vector<std::thread> threads;
        for (const auto& reader : readers_) {
            threads.emplace_back([&reader] {
                for (std::uint64_t got = 0; got < run_batches * batch_items;) {
                    const auto batch = reader->receive(1s);
                    if (!batch) {
                        continue;
                    }
                    got += batch->view().item_count;
                    reader->settle(*batch, true);
                }
            });
        }
        const std::int64_t start = support::monotonic_now();
        produce(*lane_, stream_);
        lane_->flush();
        for (auto& thread : threads) {
            thread.join();
        }
        return static_cast<double>(run_batches * batch_items) / seconds(start);
    }

private:
    bus::bus fabric_;
    std::shared_ptr<bus::lane> lane_;
    std::uint32_t stream_ = 0;
    std::vector<std::shared_ptr<bus::subscription_core>> readers_;
};

void commit_batches(bus::lane& to, std::uint32_t stream, bytes how) {
    const std::vector<std::uint8_t> ready(batch_bytes, 7);
    for (std::uint64_t sent = 0; sent < run_batches; ++sent) {
        sonde_buffer buffer{};
        while (to.reserve(stream, batch_bytes, 1'000'000'000, buffer) != SONDE_OK) {
        }
        if (how == bytes::copied) {
            std::memcpy(buffer.data, ready.data(), batch_bytes);
        }
        static_cast<void>(to.commit(buffer, batch_bytes, batch_items));
    }
}

// Fills an envelope of about 200 bytes as a collector would.
void fill(wire::writer& out, std::uint64_t i) {
    static constexpr std::array<std::uint8_t, 141> payload{1, 2, 3};
    out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
        envelope_writer envelope(out);
        envelope
            .time(std::chrono::nanoseconds(1'700'000'000'000'000'000 + static_cast<std::int64_t>(i)),
                  clock_quality::kernel)
            .data("sonde.v1.ProcessEvent", 1, payload)
            .process(static_cast<std::uint32_t>(i), 1'700'000'000'000'000'000ns)
            .cgroup(4711);
    });
}

void publish_each(bus::lane& to, std::uint32_t stream) {
    for (std::uint64_t i = 0; i < run_batches * batch_items; ++i) {
        sonde_buffer buffer{};
        while (to.reserve(stream, 512, 1'000'000'000, buffer) != SONDE_OK) {
        }
        wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
        fill(out, i);
        static_cast<void>(to.commit(buffer, out.size(), 1));
    }
}

std::size_t filled_size() {
    std::array<std::uint8_t, 512> room{};
    wire::writer out(room);
    fill(out, 1000);
    return out.size();
}

struct sample {
    std::vector<double> raw;
    std::vector<double> lane;
    std::vector<double> ratio;

    void add(double raw_rate_now, double lane_rate_now) {
        raw.push_back(raw_rate_now);
        lane.push_back(lane_rate_now);
        ratio.push_back(lane_rate_now / raw_rate_now);
    }
};

void compare(int readers) {
    sample transport;
    sample handover;
    std::vector<double> publish;
    for (int round = 0; round < rounds; ++round) {
        for (const auto& [how, into] : {std::pair{bytes::copied, &transport}, std::pair{bytes::untouched, &handover}}) {
            const double raw = raw_rate(readers, how);
            into->add(
                raw, lane_run(readers).rate([mode = how](auto& to, auto stream) { commit_batches(to, stream, mode); }));
        }
        publish.push_back(lane_run(readers).rate(publish_each));
    }
    std::printf("%d subscriber%s  raw %6.1f  transport %6.1f (%.2f of raw)  publish %5.2f  million envelopes/s\n",
                readers, readers == 1 ? " " : "s", median(transport.raw) / 1e6, median(transport.lane) / 1e6,
                median(transport.ratio), median(publish) / 1e6);
    std::printf("               hand-over of a batch: raw %.0f ns, lane %.0f ns\n",
                batch_items * 1e9 / median(handover.raw), batch_items * 1e9 / median(handover.lane));
}

void latency() {
    constexpr int events = 4000;
    bus::bus fabric{bus::lane_settings{}};
    const auto to = fabric.open_lane({"bench", "bench", "node", 3, 1}, {}).value();
    std::uint32_t stream = 0;
    static_cast<void>(to->open_stream("raw/bench/", stream));
    const auto reader = fabric.subscribe({"reader", {"raw/"}, true}).value();
    std::vector<double> micros;
    std::thread thread([&] {
        while (micros.size() < events) {
            const auto batch = reader->receive(1s);
            if (!batch) {
                continue;
            }
            const std::int64_t now = support::monotonic_now();
            static_cast<void>(batch_view(batch->view()).for_each([&](auto envelope, std::uint64_t) {
                const auto stamped = wire::reader(envelope).next();
                micros.push_back(static_cast<double>(now - static_cast<std::int64_t>(stamped->value)) / 1e3);
            }));
            reader->settle(*batch, true);
        }
    });
    std::int64_t next = support::monotonic_now();
    for (int i = 0; i < events; ++i) {
        next += 1'000'000;
        const timespec until{next / 1'000'000'000, next % 1'000'000'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
        sonde_buffer buffer{};
        static_cast<void>(to->reserve(stream, 512, 0, buffer));
        wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
        out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] {
            envelope_writer(out).time(std::chrono::nanoseconds(support::monotonic_now()), clock_quality::collector);
        });
        static_cast<void>(to->commit(buffer, out.size(), 1));
    }
    thread.join();
    std::ranges::sort(micros);
    std::printf("latency at 1 kHz, seal age 5 ms: median %.0f us, p99 %.0f us, max %.0f us (%d events)\n",
                micros[events / 2], micros[events * 99 / 100], micros.back(), events);
    fabric.close_lane(to);
}

// Rate of one reader alone, and beside a reader that never reads; the loss must be exact afterwards.
void stall(int stall_seconds) {
    const auto measure = [&](bool with_stalled) {
        bus::bus fabric{bus::lane_settings{}};
        const auto to = fabric.open_lane({"bench", "bench", "node", 3, 1}, {}).value();
        std::uint32_t stream = 0;
        static_cast<void>(to->open_stream("raw/bench/", stream));
        const auto reader = fabric.subscribe({"reader", {"raw/"}, true}).value();
        const auto stalled = with_stalled ? fabric.subscribe({"stalled", {"raw/"}}).value() : nullptr;
        std::atomic<bool> done{false};
        std::uint64_t got = 0;
        std::thread thread([&] {
            while (true) {
                const auto batch = reader->receive(10ms);
                if (batch) {
                    got += batch->view().item_count;
                    reader->settle(*batch, true);
                } else if (done) {
                    return;
                }
            }
        });
        const std::int64_t start = support::monotonic_now();
        std::uint64_t sent = 0;
        while (seconds(start) < stall_seconds) {
            for (int burst = 0; burst < 1000; ++burst, ++sent) {
                sonde_buffer buffer{};
                while (to->reserve(stream, 512, 1'000'000'000, buffer) != SONDE_OK) {
                }
                wire::writer out({buffer.data, static_cast<std::size_t>(buffer.capacity)});
                fill(out, sent);
                static_cast<void>(to->commit(buffer, out.size(), 1));
            }
        }
        to->flush();
        done = true;
        thread.join();
        const double rate = static_cast<double>(got) / seconds(start);
        if (stalled) {
            while (auto batch = stalled->receive(10ms)) {
                stalled->settle(*batch, true);
            }
            const auto at = stalled->stats().positions.at(0);
            std::printf("stalled reader: produced %lu = delivered %lu + lost %lu + in flight %lu: %s\n",
                        static_cast<unsigned long>(sent), static_cast<unsigned long>(at.delivered),
                        static_cast<unsigned long>(at.lost), static_cast<unsigned long>(at.in_flight),
                        sent == at.delivered + at.lost + at.in_flight ? "exact" : "WRONG");
        }
        fabric.close_lane(to);
        return rate;
    };
    const double alone = measure(false);
    const double beside = measure(true);
    const double again = measure(false);
    std::printf("rate of a reader beside one stalled for %d s: %.3f of its rate alone (alone twice: %.3f)\n",
                stall_seconds, beside / ((alone + again) / 2), again / alone);
}

}  // namespace

int main(int argc, char** argv) {
    const int stall_seconds = argc > 1 ? std::atoi(argv[1]) : 30;
    std::printf(
        "envelope: %zu bytes raw and transport, %zu bytes published; batch: %zu envelopes; median of %d rounds\n",
        envelope_bytes, filled_size(), batch_items, rounds);
    compare(1);
    compare(3);
    latency();
    stall(stall_seconds);
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_host.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include <sonde/abi/entry.h>
#include <sonde/abi/ext/batch.h>
#include <sonde/abi/ext/clock.h>
#include <sonde/abi/ext/lane.h>
#include <sonde/abi/ext/log.h>
#include <sonde/c/envelope.h>
#include <sonde/text.hpp>
#include <sonde/wire.hpp>

namespace sonde::cli {
namespace {

constexpr std::size_t seal_bytes = 64u << 10;
constexpr std::uint64_t record_limit = 64u << 20;

// FNV-1a: the same for the same instance and topic in every replay.
std::uint64_t uid_of(std::string_view instance, std::string_view topic) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const std::string_view part : {instance, topic}) {
        for (const char each : part) {
            hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3;
        }
    }
    return hash;
}

}  // namespace

struct replay_host::open_stream {
    std::uint32_t id = 0;
    std::string topic;
    std::vector<std::uint8_t> records;
    std::vector<std::uint8_t> room;  // of the reservation
    std::uint32_t items = 0;
    std::uint64_t first_item = 0;
    std::uint64_t sequence = 0;
};

// The tables that the instance sees.
struct replay_host::extensions {
    static replay_host& of(const sonde_host* host) noexcept { return *static_cast<replay_host*>(host->context); }

    static sonde_rc open(const sonde_host* host, sonde_str topic, std::uint32_t* id) {
        auto& all = of(host).streams_;
        const auto known = std::ranges::find(all, sonde::view(topic), &open_stream::topic);
        *id = static_cast<std::uint32_t>(known - all.begin());
        if (known == all.end()) {
            all.push_back({*id, std::string(sonde::view(topic)), {}, {}, 0, 0, 0});
        }
        return SONDE_OK;
    }
    static sonde_rc reserve(const sonde_host* host, std::uint32_t id, std::uint64_t size, std::int64_t,
                            sonde_buffer* buffer) {
        if (size > record_limit) {
            return SONDE_DROPPED;
        }
        open_stream& into = of(host).stream(id);
        into.room.resize(std::max<std::size_t>(into.room.size(), static_cast<std::size_t>(size)));
        buffer->stream = id;
        buffer->data = into.room.data();
        buffer->capacity = into.room.size();
        return SONDE_OK;
    }
    static sonde_rc commit(const sonde_host* host, sonde_buffer* buffer, std::uint64_t size, std::uint32_t items) {
        replay_host& self = of(host);
        open_stream& into = self.stream(buffer->stream);
        if (into.items == 0) {
            self.order_.push_back(into.id);
        }
        into.records.insert(into.records.end(), buffer->data, buffer->data + size);
        into.items += items;
        if (into.records.size() >= seal_bytes) {
            self.seal(into);
        }
        return SONDE_OK;
    }
    static void abort(const sonde_host*, sonde_buffer*) {}
    static void drop(const sonde_host*, std::uint32_t, std::uint64_t, std::uint64_t, std::uint32_t) {}
    static void flush(const sonde_host*) {}
    static std::uint32_t has_subscriber(const sonde_host*, std::uint32_t) { return 1; }

    static std::int64_t monotonic(const sonde_host* host) { return of(host).clock_->monotonic; }
    static std::int64_t wall(const sonde_host* host) {
        return of(host).clock_->monotonic + of(host).clock_->wall_offset;
    }
    static std::int64_t to_wall(const sonde_host* host, std::int64_t at) { return at + of(host).clock_->wall_offset; }

    static void log(const sonde_host* host, std::int32_t, const sonde_log_site*, sonde_str message) {
        fmt::print(stderr, "{}: {}\n", of(host).name_, sonde::view(message));
    }
    static void retain(const sonde_host* host, const sonde_batch*) { of(host).retained_.insert(of(host).offered_); }
    static void release(const sonde_host* host, const sonde_batch* batch) {
        auto& all = of(host).retained_;
        const auto found = std::ranges::find(all, batch->opaque, [](const auto& each) -> void* { return each.get(); });
        if (found != all.end()) {
            all.erase(found);
        }
    }
    static const void* find(const sonde_host*, const char* id) {
        static constexpr sonde_host_lane lane_table{
            sizeof(sonde_host_lane), 0, &open, &reserve, &commit, &abort, &drop, &flush, &has_subscriber};
        static constexpr sonde_host_clock clock_table{sizeof(sonde_host_clock), 0, &monotonic, &wall, &to_wall};
        static constexpr sonde_host_log log_table{sizeof(sonde_host_log), SONDE_LOG_WARN, &log};
        static constexpr sonde_host_batch batch_table{sizeof(sonde_host_batch), 0, &retain, &release};
        const std::string_view wanted = id;
        if (wanted == SONDE_HOST_LANE) {
            return &lane_table;
        }
        if (wanted == SONDE_HOST_CLOCK) {
            return &clock_table;
        }
        if (wanted == SONDE_HOST_LOG) {
            return &log_table;
        }
        return wanted == SONDE_HOST_BATCH ? &batch_table : nullptr;
    }
};

sonde_batch replayed_batch::view() noexcept {
    return {sizeof(sonde_batch), header.item_count, &header, borrow(topic), body.data(), body.size(), this};
}

replay_host::replay_host(std::string type, std::string name, std::string node_name, const replay_clock& clock)
    : type_(std::move(type)), name_(std::move(name)), node_name_(std::move(node_name)), clock_(&clock) {
    abi_.struct_size = sizeof abi_;
    abi_.abi_major = SONDE_ABI_MAJOR;
    abi_.abi_minor = SONDE_ABI_MINOR;
    abi_.name = "sonde";
    abi_.version = SONDE_VERSION;
    abi_.context = this;
    abi_.get_extension = &extensions::find;
}

replay_host::~replay_host() = default;

replay_host::open_stream& replay_host::stream(std::uint32_t id) { return streams_.at(id); }

std::vector<replayed_batch_ptr> replay_host::take() {
    while (!order_.empty()) {
        seal(stream(order_.front()));
    }
    return std::exchange(sealed_, {});
}

void replay_host::seal(open_stream& full) {
    constexpr std::size_t resource_room = 160;
    auto made = std::make_shared<replayed_batch>();
    made->topic = full.topic;
    made->publisher = this;
    made->body.resize(resource_room + type_.size() + name_.size() + node_name_.size() + full.topic.size());
    wire::writer out(made->body);
    out.message(SONDE_BATCH_FIELD_RESOURCE, [&] {
        out.text(SONDE_RESOURCE_FIELD_SOURCE, type_);
        out.text(SONDE_RESOURCE_FIELD_INSTANCE, name_);
        out.text_if(SONDE_RESOURCE_FIELD_NODE_NAME, node_name_);
        out.text(SONDE_RESOURCE_FIELD_TOPIC, full.topic);
        out.fixed64(SONDE_RESOURCE_FIELD_STREAM_UID, uid_of(name_, full.topic));
        out.fixed64(SONDE_RESOURCE_FIELD_FIRST_ITEM, full.first_item);
    });
    made->body.resize(out.size());
    made->body.insert(made->body.end(), full.records.begin(), full.records.end());
    sonde_batch_header& header = made->header;
    header.magic = SONDE_BATCH_MAGIC;
    header.header_size = SONDE_BATCH_HEADER_SIZE;
    header.header_revision = SONDE_BATCH_HEADER_REVISION;
    header.stream_id = full.id;
    header.schema_id = SONDE_SCHEMA_ENVELOPE_BATCH;
    header.schema_revision = SONDE_SCHEMA_ENVELOPE_BATCH_REVISION;
    header.item_count = full.items;
    header.sequence = full.sequence++;
    header.first_item = full.first_item;
    header.body_size = made->body.size();
    header.first_time = header.last_time = clock_->monotonic;
    header.wall_offset = clock_->wall_offset;
    full.first_item += full.items;
    full.items = 0;
    full.records.clear();
    std::erase(order_, full.id);
    sealed_.push_back(std::move(made));
}

}  // namespace sonde::cli

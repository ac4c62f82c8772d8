// SPDX-License-Identifier: Apache-2.0
#include "serve_entities/encoder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "common/entity_client/schema.hpp"

namespace sonde::serve_entities {
namespace {

using common::grpc::answer;
using common::grpc::code;
using common::grpc::outcome;

class refusal final : public answer {
public:
    explicit refusal(outcome why) : why_(std::move(why)) {}
    [[nodiscard]] step next() override { return {.message = {}, .end = why_}; }

private:
    outcome why_;
};

class stream_of_entities final : public answer {
public:
    explicit stream_of_entities(std::shared_ptr<feed> from) : from_(std::move(from)) {}
    [[nodiscard]] step next() override { return from_->next(); }

private:
    std::shared_ptr<feed> from_;
};

std::unique_ptr<answer> refuse(code why, const char* text) { return std::make_unique<refusal>(outcome{why, text}); }

result<std::string> read_pem(const std::string& path, const char* option) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty()) {
        return fail(errc::invalid, "cannot read '" + path + "', or it is empty", option);
    }
    return text;
}

// Takes as long for a wrong token as for the right one.
bool is_equal(std::string_view one, std::string_view other) {
    unsigned difference = one.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < one.size(); ++i) {
        difference |= static_cast<unsigned char>(one[i]) ^
                      static_cast<unsigned char>(other.empty() ? '\0' : other[i % other.size()]);
    }
    return difference == 0;
}

}  // namespace

result<void> encoder::configure(const settings& values) {
    auto read = read_options(values);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<common::grpc::server_settings> encoder::settings_of_server() {
    common::grpc::server_settings server;
    if (values_.listen.empty()) {
        auto socket = common::grpc::private_socket::prepare(values_.socket);
        if (!socket) {
            return std::unexpected(socket.error());
        }
        socket_.emplace(std::move(*socket));
        server.address = "unix:" + socket_->binding_path();
        return server;
    }
    server.address = values_.listen;
    server.tls.emplace();
    const auto read = [](const std::string& path, const char* option, std::string& to) -> result<void> {
        if (path.empty()) {
            return {};
        }
        auto text = read_pem(path, option);
        if (!text) {
            return std::unexpected(text.error());
        }
        to = std::move(*text);
        return {};
    };
    for (const auto& [path, option, to] :
         {std::tuple(&values_.tls_certificate, "tls_certificate", &server.tls->certificate_pem),
          std::tuple(&values_.tls_key, "tls_key", &server.tls->key_pem),
          std::tuple(&values_.tls_client_ca, "tls_client_ca", &server.tls->ca_pem)}) {
        if (auto done = read(*path, option, *to); !done) {
            return std::unexpected(done.error());
        }
    }
    return server;
}

result<void> encoder::start() {
    token_.reset();
    if (!values_.token_file.empty()) {
        token_.emplace(values_.token_file);
        if (const auto readable = token_->current(); !readable) {
            return fail(errc::invalid, readable.error().message(), "token_file");
        }
    }
    auto settings = settings_of_server();
    if (!settings) {
        return std::unexpected(settings.error());
    }
    hub_.emplace(hub_limits{.entities = values_.entity_limit,
                            .clients = values_.client_limit,
                            .client_bytes = values_.client_buffer,
                            .settle = values_.settle_time},
                 meters_);
    auto server = common::grpc::server::listen(
        *settings, [this](const auto& asked, const auto& self) { return answer_call(asked, self); });
    if (!server) {
        return std::unexpected(server.error());
    }
    server_.emplace(std::move(*server));
    return socket_ ? socket_->publish() : result<void>();
}

std::unique_ptr<answer> encoder::answer_call(const common::grpc::incoming_call& asked,
                                             const common::grpc::call_handle& self) {
    meters_.calls.add();
    if (!is_allowed(asked)) {
        meters_.unauthenticated.add();
        return refuse(code::unauthenticated, "send the right token, as authorization: Bearer ...");
    }
    if (asked.method != common::entities::schema::stream_method) {
        meters_.invalid.add();
        return refuse(code::unimplemented, "there is only StreamEntities");
    }
    auto filter = common::entities::parse_filter(asked.message);
    if (!filter) {
        meters_.invalid.add();
        return refuse(code::invalid_argument, "the filter is malformed or names an unknown kind");
    }
    auto opened = hub_->open(std::move(*filter), self);
    if (!opened) {
        meters_.too_many.add();
        return refuse(code::resource_exhausted, "there are as many clients as there may be");
    }
    return std::make_unique<stream_of_entities>(std::move(*opened));
}

bool encoder::is_allowed(const common::grpc::incoming_call& asked) {
    if (!token_) {
        return true;
    }
    const std::lock_guard lock(token_mutex_);
    const auto token = token_->current();
    if (!token) {
        host_.warn("all clients are refused: " + token.error().message());
        return false;
    }
    const std::string wanted = "Bearer " + *token;
    return std::ranges::any_of(asked.headers, [&](const auto& each) {
        return each.first == "authorization" && is_equal(each.second, wanted);
    });
}

result<void> encoder::consume(const batch_view& batch) {
    const table::source_id from = source_of(batch);
    if (!batch.for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t) { take(envelope, from); })) {
        meters_.malformed.add();
    }
    hub_->publish();
    report_room();
    return {};
}

table::source_id encoder::source_of(const batch_view& batch) {
    std::string name;
    wire::reader body(batch.body());
    const auto first = body.next();
    if (first && first->number == SONDE_BATCH_FIELD_RESOURCE) {
        wire::reader resource(first->bytes);
        while (const auto field = resource.next()) {
            if (field->number == SONDE_RESOURCE_FIELD_SOURCE || field->number == SONDE_RESOURCE_FIELD_INSTANCE) {
                name += '/';
                name += field->text();
            }
        }
    }
    const table::source_id from = hub_->source(name);
    const sonde_batch_header& header = batch.header();
    const auto [lane, is_new_lane] = incarnations_.try_emplace(header.lane_id, header.incarnation);
    if (!is_new_lane && lane->second != header.incarnation) {
        lane->second = header.incarnation;
        hub_->note_restart(from);
    }
    const auto [place, is_new] = positions_.try_emplace({header.lane_id, header.stream_id});
    position& at = place->second;
    const bool goes_on = !is_new && at.incarnation == header.incarnation;
    if (goes_on && at.next_item != header.first_item) {
        hub_->note_gap(from);
    }
    at = {header.incarnation, header.first_item + batch.items()};
    return from;
}

void encoder::take(std::span<const std::uint8_t> envelope, table::source_id from) {
    std::string_view type;
    std::span<const std::uint8_t> data;
    wire::reader in(envelope);
    while (const auto field = in.next()) {
        if (field->number == SONDE_ENVELOPE_FIELD_CONTENT_TYPE) {
            type = field->text();
        } else if (field->number == SONDE_ENVELOPE_FIELD_DATA) {
            data = field->bytes;
        }
    }
    auto event = type == common::entities::schema::event_type ? common::entities::parse_event(data) : std::nullopt;
    if (in.failed() || !event) {
        meters_.malformed.add();
        return;
    }
    hub_->take(std::move(*event), from);
}

void encoder::report_room() {
    const bool is_full = hub_->is_full();
    if (is_full == is_full_) {
        return;
    }
    is_full_ = is_full;
    if (is_full) {
        host_.report(health::recoverable, "entity_limit", "more entities than entity_limit: new ones are left out");
    } else {
        host_.report(health::ok);
    }
}

result<void> encoder::stop(std::chrono::nanoseconds) {
    server_.reset();
    hub_.reset();
    socket_.reset();
    positions_.clear();
    incarnations_.clear();
    return {};
}

}  // namespace sonde::serve_entities

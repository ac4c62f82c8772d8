// SPDX-License-Identifier: Apache-2.0
#include "relay/connection.hpp"

#include <random>
#include <tuple>
#include <utility>

#include "common/grpc/pem_file.hpp"

namespace sonde::relay {
namespace {

namespace rpc = common::grpc;

constexpr std::chrono::nanoseconds first_pause = std::chrono::milliseconds(200);

}  // namespace

connection::connection(const host& on, forward_values values, const forward_meters& counted, user& by)
    : host_(on), values_(std::move(values)), meters_(&counted), user_(&by), token_(values_.token_file),
      pause_(first_pause, values_.retry_limit, std::random_device{}()) {}

connection::~connection() {
    if (call_ != 0) {
        client_->cancel(call_);
    }
}

void connection::drive() {
    if (client_) {
        client_->drive();
    }
}

void connection::turn(std::chrono::nanoseconds now, need of) {
    if (awaits(of) && now - heard_at_ > patience) {
        lose("silent", values_.endpoint + " does not acknowledge anything");
    }
    if (lost_) {
        close(now);
    }
    if (call_ == 0 && of.is_wanted && now >= opens_at_) {
        open(now);
    }
    if (!awaits(of)) {
        heard_at_ = now;
    }
}

std::chrono::nanoseconds connection::due(need of) const {
    if (lost_) {
        return {};
    }
    if (call_ == 0) {
        return of.is_wanted ? opens_at_ : never;
    }
    return awaits(of) ? heard_at_ + patience : never;
}

bool connection::send(std::string message) {
    if (client_->send(call_, std::move(message))) {
        return true;
    }
    lose("unreachable", values_.endpoint + " does not take events");
    return false;
}

void connection::open(std::chrono::nanoseconds now) {
    meters_->attempts.add();
    heard_at_ = now;
    rpc::call_request what{std::string(schema::method), user_->greeting(), {}, {}, true};
    if (!values_.token_file.empty()) {
        const auto token = token_.current();
        if (!token) {
            lose("token", token.error().message());
            return close(now);
        }
        what.headers.emplace_back("authorization", "Bearer " + *token);
    }
    auto made = make_client();
    if (!made) {
        lose("tls_files", made.error().message());
        return close(now);
    }
    client_.emplace(std::move(*made));
    call_ = client_->start(std::move(what), *this);
    meters_->pause.set(0);
}

result<rpc::client> connection::make_client() const {
    rpc::client_settings with;
    with.target = values_.target;
    if (!values_.uses_tls) {
        return rpc::client::make(with);
    }
    with.uses_tls = true;
    with.server_name = values_.server_name;
    for (const auto& [path, option, to] :
         {std::tuple(&values_.ca_file, "ca_file", &with.tls.ca_pem),
          std::tuple(&values_.certificate_file, "certificate_file", &with.tls.certificate_pem),
          std::tuple(&values_.key_file, "key_file", &with.tls.key_pem)}) {
        auto read = rpc::read_pem(*path, option);
        if (!read) {
            return std::unexpected(read.error());
        }
        *to = std::move(*read);
    }
    return rpc::client::make(with);
}

void connection::on_message(std::span<const std::uint8_t> message) {
    const auto said = read_response(message);
    if (!said) {
        return lose("no_receiver", values_.endpoint + " answers something else than receive_raw");
    }
    heard_at_ = host_.monotonic();
    const bool is_first = !std::exchange(is_ready_, true);
    if (is_first) {
        pause_.reset();
        meters_->is_connected.set(1);
        host_.report(health::ok);
    }
    user_->on_response(*said, is_first);
}

void connection::on_end(const rpc::outcome& how) {
    call_ = 0;
    if (how.why == rpc::code::unauthenticated) {
        token_.distrust();
        return lose("refused", values_.endpoint + " refuses the token; is token_file the one it has? " + how.text);
    }
    lose("unreachable",
         values_.endpoint + " cannot be reached (" + std::string(rpc::name(how.why)) + ": " + how.text + ")");
}

void connection::lose(std::string reason, std::string text) {
    if (!lost_) {
        lost_ = {std::move(reason), std::move(text)};
    }
}

void connection::close(std::chrono::nanoseconds now) {
    if (call_ != 0) {
        client_->cancel(std::exchange(call_, 0));
    }
    client_.reset();
    is_ready_ = false;
    const auto length = pause_.next();
    opens_at_ = now + length;
    meters_->failures.add();
    meters_->is_connected.set(0);
    meters_->pause.set(length.count());
    host_.report(health::recoverable, lost_->reason, lost_->text);
    lost_.reset();
}

}  // namespace sonde::relay

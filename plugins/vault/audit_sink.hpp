// SPDX-License-Identifier: Apache-2.0
// Where lines of audit devices end: read, counted and published, from whichever way they come. Used by the data thread.
#pragma once

#include <chrono>
#include <string_view>

#include <sonde/host.hpp>

#include "vault/audit_reader.hpp"
#include "vault/meters.hpp"
#include "vault/options.hpp"
#include "vault/publisher.hpp"

namespace sonde::vault {

class audit_sink {
public:
    audit_sink(const host& on, const audit_options& of, const meters& counted, publisher& out)
        : host_(on), meters_(&counted), out_(&out), reader_(of.headers, of.hmac_limit) {}

    // False if the lane had no room within `patience`: the line has to come again, or be given up.
    [[nodiscard]] bool take(std::string_view line, schema::entry_source from, std::chrono::nanoseconds patience);
    void give_up(std::size_t bytes);
    void skip_too_long() const { meters_->audit_too_long.add(); }

    [[nodiscard]] bool has_reader() const noexcept { return out_->has_reader_of_audit(); }
    void flush() { out_->flush(); }
    [[nodiscard]] std::uint64_t told() const noexcept { return told_; }

private:
    host host_;
    const meters* meters_;
    publisher* out_;
    audit_reader reader_;
    std::uint64_t told_ = 0;
};

}  // namespace sonde::vault

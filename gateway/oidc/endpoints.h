#pragma once
/* The handlers behind the rows of routes.tbl.h. */
#include "base/exchange.h"

#define ROUTE(path, methods, handler, flags) handler_fn handler;
#include "gateway/oidc/routes.tbl.h"
#undef ROUTE

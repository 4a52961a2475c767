#pragma once
#include <sqlite3.h>

/// A close leaves the log file as it is, instead of folding it into the database. sqlite3_db_config is variadic.
static inline int penstock_sqlite_keep_log_on_close(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// SQL cannot write to the schema or to SQLite's own tables, whatever a damaged file says.
static inline int penstock_sqlite_defend(sqlite3 *db) {
  int code = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  return code != SQLITE_OK ? code : sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
}

package org.mlcengine.server;

/** Answers the requests to one path by one method. */
interface Route {
  void handle(Call call);
}

/** Statements of frameworks, build servers and provisioning, after their documentation; `{kind}` stands for a value of that kind (`values.ts`). */

export const delivery: Readonly<Record<string, string>> = {
  spring: String.raw`
Tomcat initialized with port(s): {port} (http)
Tomcat started on port(s): {port} (http) with context path ''
Root WebApplicationContext: initialization completed in {int} ms
Started {cls} in {float} seconds (JVM running for {float})
Initializing ExecutorService '{name}'
Shutting down ExecutorService '{name}'
HikariPool-{int} - Starting...
HikariPool-{int} - Start completed.
HikariPool-{int} - Shutdown initiated...
HikariPool-{int} - Shutdown completed.
HikariPool-{int} - Connection is not available, request timed out after {int}ms.
HikariPool-{int} - Thread starvation or clock leap detected (housekeeper delta={dur}).
Servlet.service() for servlet [dispatcherServlet] in context with path [] threw exception [Request processing failed; nested exception is {exc}: {cls}] with root cause
Resolved [{exc}: Request method 'POST' not supported]
Bean '{name}' of type [{exc}] is not eligible for getting processed by all BeanPostProcessors
Mapped "{[{path}],methods=[GET]}" onto public java.lang.String {exc}
Certificate {cls} expires on {ctime}
`,
  jenkins: String.raw`
Started by user {user}
Started by an SCM change
Started by timer
{job} #{int} main build action completed: SUCCESS
{job} #{int} main build action completed: FAILURE
{job} #{int} main build action completed: UNSTABLE
{job} #{int} main build action completed: ABORTED
Agent {node} successfully connected and online
Terminating agent {node}
Node {node} offline
Node {node} online
Starting workspace cleanup
Finished workspace cleanup. {int} ms
Connection #{int} from /{ip}:{port} failed: null
Accepted JNLP4-connect connection #{int} from /{ip}:{port}
`,
  'vault-terraform': String.raw`
core: post-unseal setup starting
core: post-unseal setup complete
core: successfully mounted backend: type={word} version="{ver}" path={name}/
core: vault is sealed
core: vault is unsealed
expiration: revoked lease: lease_id={path}
expiration: lease count: {int}
rollback: error rolling back: path={name}/ error="context deadline exceeded"
{tfaddr}: Creating...
{tfaddr}: Creation complete after {dur} [id={id}]
{tfaddr}: Modifying... [id={id}]
{tfaddr}: Destroying... [id={id}]
{tfaddr}: Destruction complete after {dur}
{tfaddr}: Still creating... [{dur} elapsed]
{tfaddr}: Refreshing state... [id={id}]
`,
};

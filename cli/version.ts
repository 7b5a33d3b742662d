/** The release. */
export const version = '0.1.0';
